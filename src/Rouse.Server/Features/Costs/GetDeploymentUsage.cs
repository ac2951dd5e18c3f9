using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rouse.Contracts;
using Rouse.Contracts.Costs;
using Rouse.Core.Analytics;
using Rouse.Core.Deployments;
using Rouse.Server.Auth;
using Rouse.Server.Features.Deployments;
using Rouse.Server.Http;
using Rouse.Store.Deployments;
using Rouse.Store.Usage;

namespace Rouse.Server.Features.Costs;

/// <summary><c>GET /v1/deployments/{id}/usage</c>: what the requests to a service came to.</summary>
internal static class GetDeploymentUsage
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/deployments/{id}/usage", HandleAsync).Needs(Scope.Read)
        .WithName("getDeploymentUsage").WithSummary("What the requests to a service came to: how many, how answered, how long they waited and lasted")
        .WithDescription("Kept for 35 days, in steps of about ten seconds, and counted about five seconds after a request has ended. Percentiles are at most 6 % too high.")
        .WithQuery("start_time", ParameterRules.Moment, "Inclusive; a day before the end when left out.").WithQuery("end_time", ParameterRules.Moment, "Exclusive; now when left out.")
        .Produces<DeploymentUsage>().Refuses(ErrorCode.Unauthorized, ErrorCode.DeploymentNotFound, ErrorCode.InvalidParameter);

    private static async Task<IResult> HandleAsync(
        HttpContext context, string id, string? start_time, string? end_time, DeploymentStore deployments, UsageStore usage, TimeProvider time)
    {
        var tenant = CallerFilter.TenantOf(context);
        if (!DeploymentId.TryParse(id, out var deployment) || await deployments.LoadAsync(tenant, deployment, context.RequestAborted) is null) return Missing.Deployment();
        if (!TryMoment(end_time, time.GetUtcNow(), out var end) || !TryMoment(start_time, end.AddDays(-1), out var start) || start >= end)
        {
            return Problems.Result(ErrorCode.InvalidParameter, "start_time and end_time are moments such as 2026-01-31T00:00:00Z, the first before the second.");
        }

        var (totals, waited, lasted) = await usage.SumAsync(tenant, deployment, start, end, context.RequestAborted);
        var view = new DeploymentUsage
        {
            DeploymentId = id,
            StartTime = start,
            EndTime = end,
            Requests = totals.Requests,
            QueuedRequests = totals.Queued,
            Status = new UsageByStatus(totals.Succeeded, totals.Refused, totals.Failed, totals.Unanswered),
            ColdStarts = totals.ColdStarts,
            BytesIn = totals.BytesIn,
            BytesOut = totals.BytesOut,
            WaitedMs = Times(waited),
            DurationMs = Times(lasted),
        };
        return Results.Json(view, RouseJson.Default.DeploymentUsage);
    }

    private static UsageTimes Times(DurationHistogram took) => new(took.At(0.5), took.At(0.95), took.At(0.99));

    /// <summary>Years in which a day less, and a millisecond count, are still moments.</summary>
    private static bool TryMoment(string? text, DateTimeOffset otherwise, out DateTimeOffset moment)
    {
        moment = otherwise;
        return text is null || (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out moment) && moment.Year is >= 1970 and <= 9000);
    }
}
