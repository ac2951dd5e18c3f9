using Rouse.Contracts.Costs;
using Rouse.Core.Analytics;
using Rouse.Core.Deployments;
using Rouse.Core.Jobs;
using Rouse.Core.Tenancy;
using Rouse.Server.Background;
using Rouse.Store.Costs;
using Rouse.Store.Deployments;

namespace Rouse.Server.Features.Costs;

/// <summary>Reads a deployment together with all that it was seen to cost.</summary>
internal sealed class CostReader(DeploymentStore deployments, CapacityStore capacity, CapacityMeter meter, CostBills bills, CacheCosts cache, JobLimits jobs, TimeProvider time)
{
    public async ValueTask<DeploymentCost?> FindAsync(TenantId tenant, DeploymentId id, CancellationToken ct)
    {
        if (await deployments.GetAsync(tenant, id, ct) is not { State: var row } record) return null;
        var spans = meter.Continue(await capacity.ListAsync(tenant, id, ct));
        var wasReady = record.Phases.Where(stamp => stamp.Change.Phase == Phase.Ready).Select(stamp => stamp.Change.Attempt).ToHashSet();
        var statement = CostStatement.From(spans, row, wasReady, await BusyAsync(row, ct));
        return CostViews.View(row, spans, statement, await bills.FindAsync(row, spans, ct), await cache.FindAsync(row, ct));
    }

    /// <summary>Jobs are kept for a time only, so of an older deployment nobody knows how long its workers served.</summary>
    private async ValueTask<TimeSpan?> BusyAsync(DeploymentState row, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        return now - row.CreatedAt < jobs.ResultsKept ? await capacity.BusyAsync(row.Tenant, row.Id, now, ct) : null;
    }
}
