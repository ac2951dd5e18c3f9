using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rouse.Contracts;
using Rouse.Core.Ports;
using Rouse.Server.Auth;
using Rouse.Server.Background;
using Rouse.Server.Http;

namespace Rouse.Server.Features.Operations;

/// <summary>
/// <c>POST /v1/cleanup</c>: removes what runs in the caller's name and no deployment claims, now, in place of waiting for the sweep. With
/// <c>dry_run</c> it only tells. Asking again is harmless.
/// </summary>
internal static class CleanUp
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/v1/cleanup", HandleAsync).Needs(Scope.Deploy)
        .WithName("cleanUp").WithSummary("Remove backends that no deployment claims").WithTags("operations")
        .Accepts<CleanupRequest>("application/json").Produces<CleanupReport>()
        .Refuses(ErrorCode.InvalidJson, ErrorCode.Unauthorized, ErrorCode.TooLarge, ErrorCode.UnsupportedMediaType);

    private static async Task<IResult> HandleAsync(HttpContext context, Orphans orphans)
    {
        var body = await JsonBody.ReadAsync(context, RouseJson.Default.CleanupRequest);
        if (body.Problem is { } unreadable) return unreadable;
        var (isDry, ct) = (body.Value!.DryRun ?? false, context.RequestAborted);
        var looks = await orphans.LookAsync(CallerFilter.TenantOf(context), ct);
        List<OrphanView> found = [];
        foreach (var orphan in looks.SelectMany(look => look.Orphans)) found.Add(isDry ? View(orphan) : await RemoveAsync(orphans, orphan, ct));
        var unseen = looks.Where(look => look.Fault is not null).Select(look => new UnseenAccount(look.Account.Provider, look.Fault!.Message));
        return Results.Json(new CleanupReport(isDry, found, [.. unseen]), RouseJson.Default.CleanupReport);
    }

    private static async ValueTask<OrphanView> RemoveAsync(Orphans orphans, Orphan orphan, CancellationToken ct)
    {
        try
        {
            await orphans.RemoveAsync(orphan, ct);
            return View(orphan) with { Removed = true };
        }
        catch (ProviderException fault)
        {
            return View(orphan) with { Error = fault.Message };
        }
    }

    private static OrphanView View(Orphan orphan) =>
        new(orphan.Account.Provider, orphan.Backend.Id.Value, orphan.Backend.Name.ToString(), orphan.Backend.Name.Deployment.Value, orphan.Why);
}
