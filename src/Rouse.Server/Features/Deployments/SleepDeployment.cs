using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rouse.Contracts;
using Rouse.Contracts.Deployments;
using Rouse.Core.Deployments;
using Rouse.Server.Auth;
using Rouse.Server.Background;
using Rouse.Server.Http;
using Rouse.Store.Deployments;

namespace Rouse.Server.Features.Deployments;

/// <summary>
/// <c>POST /v1/deployments/{id}/sleep</c> and <c>…/wake</c>: what the idle clock and the first request do by themselves, now. Of services alone: a model's
/// pod asks for it itself, and jobs wake it.
/// </summary>
internal static class SleepDeployment
{
    /// <summary>As whose use a wake by hand is noted; no replica has this name.</summary>
    private const string ByHand = "wake";

    /// <summary>Longer than the loop needs to see it, even at another replica; a wake that has begun is brought to its end.</summary>
    private static readonly TimeSpan s_hold = TimeSpan.FromSeconds(60);

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/deployments/{id}/sleep", SleepAsync).Needs(Scope.Deploy).WithName("sleepDeployment").WithSummary("Put a service to sleep")
            .WithDescription("Its capacity is given back once nothing is under way; what it stores stays, and goes on costing. The next request wakes it. Asking again is harmless.")
            .Produces<DeploymentView>(StatusCodes.Status202Accepted).Refuses(ErrorCode.Unauthorized, ErrorCode.DeploymentNotFound, ErrorCode.CannotSleep);
        routes.MapPost("/v1/deployments/{id}/wake", WakeAsync).Needs(Scope.Deploy).WithName("wakeDeployment").WithSummary("Wake a service before anybody asks for it")
            .WithDescription("The idle clock counts anew once it is ready. Asking again is harmless.")
            .Produces<DeploymentView>(StatusCodes.Status202Accepted).Refuses(ErrorCode.Unauthorized, ErrorCode.DeploymentNotFound, ErrorCode.CannotSleep);
    }

    private static async Task<IResult> SleepAsync(HttpContext context, string id, DeploymentStore store, DeploymentReader reader, ReconcilePorts ports, ReconcileLoop loop, TimeProvider time)
    {
        var tenant = CallerFilter.TenantOf(context);
        if (!DeploymentId.TryParse(id, out var parsed) || await store.LoadAsync(tenant, parsed, context.RequestAborted) is not { } row) return Missing.Deployment();
        if (WhyNot(row, ports) is { } reason) return reason;
        if (row.Spec.Workers.At(time.GetUtcNow()).Min > 0) return Refuse("It is to be kept awake: workers.min, or its warm window, says so.");
        if (row.Phase == Phase.Ready) await store.AdvanceAsync(tenant, parsed, row.Attempt, Phase.Hibernated, cause: null, CancellationToken.None);
        loop.Hint(tenant, parsed);
        return await ShowAsync(context, parsed, reader);
    }

    private static async Task<IResult> WakeAsync(
        HttpContext context, string id, DeploymentStore store, DeploymentReader reader, ReconcilePorts ports, ReconcileLoop loop, ActivityStore activity, TimeProvider time)
    {
        var tenant = CallerFilter.TenantOf(context);
        if (!DeploymentId.TryParse(id, out var parsed) || await store.LoadAsync(tenant, parsed, context.RequestAborted) is not { } row) return Missing.Deployment();
        if (WhyNot(row, ports) is { } reason) return reason;
        var now = time.GetUtcNow();
        await activity.NoteAsync(parsed, ByHand, now, row.Phase == Phase.Hibernated ? now + s_hold : now, CancellationToken.None);
        loop.Hint(tenant, parsed);
        return await ShowAsync(context, parsed, reader);
    }

    private static IResult? WhyNot(DeploymentState row, ReconcilePorts ports)
    {
        if (row.Spec.Service is null) return Refuse("It is a model: its worker asks to be put away when it idles, and a job wakes it.");
        if (!ports.Providers.TryGetValue(row.Spec.Provider, out var provider) || provider.Traits.For(row.Spec) is not { CanStop: true, HasOwnQueue: false })
        {
            return Refuse($"What runs at {row.Spec.Provider} is not started and stopped from here.");
        }

        return row.Phase is Phase.Ready or Phase.Hibernated ? null : Refuse($"It is {row.Phase.Word()}.");
    }

    private static IResult Refuse(string why) => Problems.Result(ErrorCode.CannotSleep, why);

    private static async Task<IResult> ShowAsync(HttpContext context, DeploymentId id, DeploymentReader reader) =>
        await reader.FindAsync(CallerFilter.TenantOf(context), id, context.RequestAborted) is { } view
            ? Results.Json(view, RouseJson.Default.DeploymentView, statusCode: StatusCodes.Status202Accepted)
            : Missing.Deployment();
}
