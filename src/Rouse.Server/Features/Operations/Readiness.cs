using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rouse.Contracts;
using Rouse.Server.Auth;
using Rouse.Server.Http;
using Rouse.Server.Stopping;
using Rouse.Store;

namespace Rouse.Server.Features.Operations;

/// <summary><c>GET /readiness</c>: that the store answers and the server is not about to stop. 503 without the store's own words, which may name hosts and users.</summary>
internal static class Readiness
{
    /// <summary>A balancer asks often and gives up soon.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(3);

    private static readonly IResult s_ready = Results.Json(new StatusReply("ready"), RouseJson.Default.StatusReply);

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/readiness", HandleAsync).IsOpen("Balancers ask it; it says whether, not why.")
        .WithName("getReadiness").WithSummary("Readiness: the store answers, and the server is not about to stop").WithTags("operations").Produces<StatusReply>()
        .Refuses(ErrorCode.StorageUnavailable);

    private static async Task<IResult> HandleAsync(SettingStore settings, Drain drain, TimeProvider time, CancellationToken ct)
    {
        if (drain.HasBegun) return Problems.Result(ErrorCode.Stopping, "This server is about to stop. Send new requests to another.");
        try
        {
            await settings.GetAsync("installation", ct).AsTask().WaitAsync(s_patience, time, ct);
            return s_ready;
        }
        catch (Exception error) when (error is StorageException or TimeoutException or System.Data.Common.DbException)
        {
            return Problems.Result(ErrorCode.StorageUnavailable, "The store does not answer. The server's log says why.");
        }
    }
}
