using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;
using Rouse.Contracts;
using Rouse.Server.Auth;
using Rouse.Server.Http;
using Rouse.Server.Metrics;
using Rouse.Server.Usage;
using Rouse.Store.Costs;
using Rouse.Store.Deployments;

namespace Rouse.Server.Features.Operations;

/// <summary>
/// <c>GET /metrics</c>: Prometheus text, or the seed's JSON counters when JSON is asked for. Totals come from the store, so they survive restarts
/// and are the same on every replica.
/// </summary>
internal static class ShowMetrics
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/metrics", HandleAsync).Needs(Scope.Admin)
        .WithName("getMetrics").WithSummary("Prometheus text; JSON counters with Accept: application/json").WithTags("operations")
        .Produces<CounterReply>(StatusCodes.Status200OK, "application/json", "text/plain").Refuses(ErrorCode.Unauthorized);

    private static async Task<IResult> HandleAsync(HttpContext context, DeploymentFigures figures, CapacityStore capacity, Process process, CancellationToken ct)
    {
        var totals = await figures.TotalsAsync(ct);
        return WantsJson(context.Request)
            ? Results.Json(Counters(totals, process), RouseJson.Default.CounterReply)
            : Results.Text(Text(totals, await capacity.TotalsAsync(ct), process), PrometheusText.ContentType);
    }

    private static bool WantsJson(HttpRequest request) =>
        MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var accepted) && accepted.Any(type => type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase));

    private static CounterReply Counters(DeploymentTotals totals, Process process) => new(
        totals.CreatedTotal,
        process.Server.WebhookFailures,
        process.Providers.RunpodErrors,
        new DurationSummary(totals.ReadyTotal, Percentile(totals, 0.5), Percentile(totals, 0.95), Math.Round(totals.ReadyTime.TotalSeconds, 2)));

    private static string Text(DeploymentTotals totals, CapacityTotals capacity, Process process)
    {
        var text = new PrometheusText()
            .Family("rouse_deployments_created_total", "counter", "Deployments accepted.")
            .Sample("rouse_deployments_created_total", totals.CreatedTotal)
            .Family("rouse_deployments_failed_total", "counter", "Deployments that ended by a fault, by its code.");
        foreach (var (code, count) in totals.FailedByCode) text.Sample("rouse_deployments_failed_total", count, ("code", code));
        text.Family("rouse_deployments_ready_duration_seconds", "summary", "From accepted to ready.")
            .Sample("rouse_deployments_ready_duration_seconds", Percentile(totals, 0.5), ("quantile", "0.5"))
            .Sample("rouse_deployments_ready_duration_seconds", Percentile(totals, 0.95), ("quantile", "0.95"))
            .Sample("rouse_deployments_ready_duration_seconds_sum", totals.ReadyTime.TotalSeconds)
            .Sample("rouse_deployments_ready_duration_seconds_count", totals.ReadyTotal);
        text.Family("rouse_capacity_seconds_total", "counter", "Worker time seen to run, by whether the worker took jobs.")
            .Sample("rouse_capacity_seconds_total", capacity.Starting.TotalSeconds, ("state", "starting"))
            .Sample("rouse_capacity_seconds_total", capacity.Ready.TotalSeconds, ("state", "ready"));
        process.Providers.WriteTo(text);
        process.Usage.WriteTo(text);
        process.Server.WriteTo(text);
        return text.ToString();
    }

    /// <summary>Nearest rank, as the seed's: the element at (n − 1) · p of the sorted durations.</summary>
    private static double Percentile(DeploymentTotals totals, double p)
    {
        if (totals.NewestStarts.Count == 0) return 0;
        var sorted = totals.NewestStarts.Order().ToArray();
        return Math.Round(sorted[(int)((sorted.Length - 1) * p)].TotalSeconds, 2);
    }

    /// <summary>What this process counts about itself.</summary>
    internal sealed record Process(ServerFigures Server, ProviderFigures Providers, UsageFigures Usage);
}
