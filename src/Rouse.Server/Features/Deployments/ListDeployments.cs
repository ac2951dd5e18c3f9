using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rouse.Contracts;
using Rouse.Contracts.Deployments;
using Rouse.Core.Deployments;
using Rouse.Server.Auth;
using Rouse.Server.Http;
using Rouse.Store.Deployments;

namespace Rouse.Server.Features.Deployments;

/// <summary><c>GET /v1/deployments</c>: newest first, in pages that stay right while rows come and go.</summary>
internal static class ListDeployments
{
    public const int DefaultLimit = 20;
    public const int MaxLimit = 100;

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/deployments", HandleAsync).Needs(Scope.Read)
        .WithName("listDeployments").WithSummary("List deployments, newest first").WithDescription("Log lines are not part of the list.")
        .WithQuery("status", ParameterRules.OneOf(Enum.GetValues<Phase>().Select(phase => phase.Word())))
        .WithQuery("limit", ParameterRules.Whole(1, MaxLimit, DefaultLimit))
        .WithQuery("cursor", ParameterRules.Text(1, 200), "`next_cursor` of the page before.")
        .Produces<DeploymentPage>().Refuses(ErrorCode.InvalidParameter, ErrorCode.Unauthorized);

    // Parameters are taken as text: the framework's own conversion answers a wrong one without a code.
    private static async Task<IResult> HandleAsync(HttpContext context, DeploymentReader reader, string? status = null, string? limit = null, string? cursor = null)
    {
        Phase? phase = null;
        if (status is not null)
        {
            if (!Phases.TryParse(status, out var known)) return Wrong("status", $"one of {string.Join(", ", Enum.GetValues<Phase>().Select(value => value.Word()))}");
            phase = known;
        }

        var count = DefaultLimit;
        if (limit is not null && (!int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out count) || count is < 1 or > MaxLimit))
        {
            return Wrong("limit", $"1 to {MaxLimit}");
        }

        ListCursor? after = null;
        if (cursor is not null && !ListCursor.TryParse(cursor, out after)) return Wrong("cursor", "what next_cursor of the page before said");
        var page = await reader.ListAsync(CallerFilter.TenantOf(context), new DeploymentQuery(phase, count, after), context.RequestAborted);
        return Results.Json(page, RouseJson.Default.DeploymentPage);
    }

    private static IResult Wrong(string parameter, string expected) => Problems.Result(ErrorCode.InvalidParameter, $"{parameter} must be {expected}.");
}
