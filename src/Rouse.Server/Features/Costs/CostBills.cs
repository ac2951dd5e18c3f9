using Rouse.Contracts.Costs;
using Rouse.Core.Analytics;
using Rouse.Core.Deployments;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;
using Rouse.Providers.Runpod;
using Rouse.Server.Background;
using Rouse.Store.Costs;

namespace Rouse.Server.Features.Costs;

/// <summary>What the provider says that backends cost, beside what was metered of them.</summary>
/// <param name="runpod">Null where the server has no Runpod.</param>
internal sealed class CostBills(CapacityStore capacity, CapacityMeter meter, ReconcilePorts ports, TimeProvider time, RunpodBilling? runpod = null)
{
    /// <summary>A bill is worth waiting for, but not long: the metered figures are there.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    /// <summary>Bills are asked for one by one, and are only a check: the newest ones.</summary>
    private const int MostBackends = 10;

    /// <returns>Null where the provider makes out no bills, or nothing ran.</returns>
    public async ValueTask<CostBill?> FindAsync(DeploymentState row, IReadOnlyList<CapacitySpan> spans, CancellationToken ct)
    {
        if (runpod is null || row.Spec.Provider is not (RunpodServerless.Kind or RunpodPods.Kind) || spans.Count == 0) return null;
        var backends = spans.Select(span => span.Backend).Reverse().Distinct().Take(MostBackends).ToList();
        try
        {
            var access = await ports.Access(new ProviderAccount(row.Tenant, row.Spec.Provider, row.Spec.Account), ct);
            // A backend that was shared stands on one bill, so all that was metered of it is held against that.
            var metered = meter.Continue(await capacity.OfBackendsAsync(row.Tenant, backends, ct));
            var (from, to) = (metered.Min(span => span.From), metered.Max(span => span.SeenAt));
            List<RunpodBill> bills = [];
            foreach (var backend in backends) bills.Add(await AskAsync(row.Spec.Provider, backend, from, to, access, ct));
            var usd = bills.Sum(bill => bill.Usd);
            var counted = CostStatement.From(metered, row, new HashSet<int>(), busy: null).Usd;
            return new CostBill("billed", CostViews.Dollars(usd), CostViews.Dollars(usd - counted), bills.Min(bill => bill.From), bills.Max(bill => bill.To));
        }
        catch (ProviderException fault)
        {
            return new CostBill("billed", Error: fault.Message);
        }
    }

    private ValueTask<RunpodBill> AskAsync(string provider, BackendId backend, DateTimeOffset from, DateTimeOffset to, ProviderAccess access, CancellationToken ct) =>
        BoundedCall.RunAsync(async token => await runpod!.OfBackendAsync(provider, backend, from, to, access, token), s_patience, time, ct);
}
