using Rouse.Contracts.Catalog;
using Rouse.Contracts.Deployments;
using Rouse.Core.Deployments;
using Rouse.Core.Tenancy;
using Rouse.Server.Events;
using Rouse.Store.Caching;
using Rouse.Store.Deployments;
using Rouse.Store.Events;
using PhaseStamp = Rouse.Contracts.Deployments.PhaseStamp;

namespace Rouse.Server.Features.Deployments;

/// <summary>Reads deployments together with what is said about them: phases, newest log lines, the learned estimate.</summary>
internal sealed class DeploymentReader(DeploymentStore store, LogStore logs, DeploymentFigures figures, DeploymentViews views, CacheStore cache, ColdStartStore coldStarts, TimeProvider time)
{
    /// <summary>Lines shown with a deployment; the log stream has all that are kept.</summary>
    public const int ShownLogs = 100;

    public async ValueTask<DeploymentView?> FindAsync(TenantId tenant, DeploymentId id, CancellationToken ct)
    {
        if (await store.GetAsync(tenant, id, ct) is not { } record) return null;
        var lines = await logs.NewestAsync(tenant, id, ShownLogs, ct);
        var times = await coldStarts.FindAsync(tenant, id, ct);
        var view = await ViewAsync(record, [.. lines.Select(line => new LogLine(line.Timestamp, LogLevels.Normalize(line.Level), line.Message))], ct) with { ColdStart = DeploymentViews.View(times) };
        if (record.State.Spec.Cache == CacheScope.Off) return view;
        var use = await cache.UseAsync(tenant, id, ct);
        return view with { LoadedFromCache = use.Hits + use.Misses == 0 ? null : use.Hits > 0 };
    }

    public async ValueTask<DeploymentPage> ListAsync(TenantId tenant, DeploymentQuery query, CancellationToken ct)
    {
        var page = await store.ListAsync(tenant, query, ct);
        List<DeploymentView> shown = [];
        foreach (var record in page.Items) shown.Add(await ViewAsync(record, [], ct));
        return new DeploymentPage(shown, page.Total, query.Limit, page.Next?.ToString());
    }

    public async ValueTask<StartEstimate> EstimateAsync(DeploymentSpec spec, CancellationToken ct)
    {
        var past = await figures.StartDurationsAsync(spec.Model, spec.Provider, ct);
        return StartEstimate.From([.. past.OfModel.Select(span => span.TotalSeconds)], [.. past.OfAll.Select(span => span.TotalSeconds)]);
    }

    /// <summary>The median of each part of past starts of the model at its provider; null where none was measured.</summary>
    public async ValueTask<MeasuredStart?> MeasuredAsync(DeploymentSpec spec, CancellationToken ct)
    {
        var past = await coldStarts.OfAsync(spec.Model, spec.Provider, ct);
        return past.Count == 0 ? null
            : new MeasuredStart(past.Count, Median(past, one => one.Downloading), Median(past, one => one.Loading), Median(past, one => one.Warming), Median(past, one => one.Total) ?? 0);
    }

    private static double? Median(IReadOnlyList<ColdStartTimes> past, Func<ColdStartTimes, TimeSpan?> part)
    {
        var sorted = past.Select(part).OfType<TimeSpan>().Order().ToArray();
        return sorted.Length == 0 ? null : Math.Round((sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]).TotalSeconds / 2, 3);
    }

    private async ValueTask<DeploymentView> ViewAsync(DeploymentRecord record, IReadOnlyList<LogLine> lines, CancellationToken ct)
    {
        var estimate = record.State.Phase.IsStarting() ? await EstimateAsync(record.State.Spec, ct) : StartEstimate.Prior;
        return views.View(record.State, [.. record.Phases.Select(stamp => new PhaseStamp(stamp.Change.Phase.Word(), stamp.At))], lines, estimate, time.GetUtcNow());
    }
}
