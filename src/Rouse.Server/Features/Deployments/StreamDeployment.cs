using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rouse.Contracts;
using Rouse.Contracts.Deployments;
using Rouse.Core.Deployments;
using Rouse.Server.Auth;
using Rouse.Server.Events;
using Rouse.Server.Http;
using Rouse.Store.Deployments;
using Rouse.Store.Events;

namespace Rouse.Server.Features.Deployments;

/// <summary>
/// <c>GET /v1/deployments/{id}/stream</c> and <c>…/logs/stream</c>: everything since the beginning, or since <c>Last-Event-ID</c>, then live. The
/// first ends when the deployment is ready, failed or deleted; the second goes on while it is ready.
/// </summary>
internal static class StreamDeployment
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        Describe(routes.MapGet("/v1/deployments/{id}/stream", (HttpContext context, string id, Sources sources) =>
                SendAsync(context, id, sources, _ => true, phase => phase is Phase.Ready || phase.IsTerminal())))
            .Needs(Scope.Read).WithName("streamDeployment").WithSummary("Server-sent events `status`, `log` and `progress`, until ready, failed or deleted");
        Describe(routes.MapGet("/v1/deployments/{id}/logs/stream", (HttpContext context, string id, Sources sources) =>
                SendAsync(context, id, sources, one => one.Kind == "log" || one.Phase?.IsTerminal() == true, Phases.IsTerminal, (last, phase) => Done(id, last, phase))))
            .Needs(Scope.Read).WithName("streamLogs").WithSummary("Server-sent events `log`, and at the end (failed or deleted) `status` and `done`");
    }

    private static byte[] Done(string id, long last, Phase phase) =>
        Sse.Frame(last, "done", JsonSerializer.SerializeToUtf8Bytes(new DoneEvent(id, phase.Word()), RouseJson.Default.DoneEvent));

    private static async Task<IResult> SendAsync(
        HttpContext context, string id, Sources from, Func<FeedEvent, bool> wants, Func<Phase, bool> ends, Func<long, Phase, byte[]>? farewell = null)
    {
        var tenant = CallerFilter.TenantOf(context);
        if (!DeploymentId.TryParse(id, out var parsed) || await from.Store.LoadAsync(tenant, parsed, context.RequestAborted) is not { } row) return Missing.Deployment();
        if (!Sse.TryReadPosition(context.Request, out var position))
        {
            return Problems.Result(ErrorCode.InvalidParameter, "Last-Event-ID must be the id of an event of this stream.");
        }

        var latest = await from.Events.LatestAsync(tenant, parsed, context.RequestAborted);
        // All was told and nothing more can come: 204 is what makes a browser's EventSource stop coming back. (WHATWG HTML §9.2.3)
        if (position >= latest && row.Phase.IsTerminal()) return Results.NoContent();
        await from.Stream.SendAsync(context, tenant, parsed, Math.Min(position, latest), wants, ends, farewell);
        return Results.Empty;
    }

    private static RouteHandlerBuilder Describe(RouteHandlerBuilder route) => route
        .Produces<string>(StatusCodes.Status200OK, "text/event-stream").Produces(StatusCodes.Status204NoContent)
        .WithHeader("Last-Event-ID", ParameterRules.Whole(0, long.MaxValue), "Events after this one.")
        .WithQuery("last_event_id", ParameterRules.Whole(0, long.MaxValue), "The same where headers cannot be set.")
        .Refuses(ErrorCode.InvalidParameter, ErrorCode.Unauthorized, ErrorCode.DeploymentNotFound);

    internal sealed record Sources(DeploymentStore Store, EventStore Events, EventStream Stream);
}
