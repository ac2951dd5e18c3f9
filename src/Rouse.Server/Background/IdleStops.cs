using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rouse.Core.Deployments;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;
using Rouse.Gateway.Routing;
using Rouse.Store.Deployments;

namespace Rouse.Server.Background;

/// <summary>
/// Puts away what nobody has used for its idle time, counted from the last byte out. The route goes first; then it drains, and only what nobody wanted
/// until the end of that is stopped (Reconciler.Waking.cs).
/// </summary>
internal sealed partial class IdleStops(
    RouteTable routes, IDemand demand, DeploymentStore store, ReconcilePorts ports, Func<ReconcileLoop> reconcile, TimeProvider time, ILogger<IdleStops> logger) : BackgroundService
{
    /// <summary>Between two looks; what is put away is put away this much too late.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>Until the store is asked again about what is used elsewhere or to be kept: a query each.</summary>
    private static readonly TimeSpan s_again = TimeSpan.FromSeconds(2);

    /// <summary>The longest that one answer of the store is relied on.</summary>
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(60);

    private readonly Dictionary<DeploymentId, DateTimeOffset> _due = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            await Task.Delay(Period, time, stoppingToken);
            foreach (var route in routes.All)
            {
                try
                {
                    await LookAsync(route, stoppingToken);
                }
                catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
                {
                    LogFailed(route.Deployment, failure);
                }
            }
        }
    }

    private async ValueTask LookAsync(Route route, CancellationToken ct)
    {
        var (id, now) = (route.Deployment, time.GetUtcNow());
        if (route.State != RouteState.Ready || demand.Of(id).IsWanted)
        {
            _due.Remove(id);
            return;
        }

        if (_due.TryGetValue(id, out var due) && now < due) return;
        _due[id] = now + s_again;
        if (await store.LoadAsync(route.Tenant, id, ct) is not { Phase: Phase.Ready } row || !MayStop(row, now)) return;
        if (await store.IdleSinceAsync(route.Tenant, id, ct) is not { } since) return;
        if (demand.Of(id).LastByte is { } last && last > since) since = last;
        var end = since + row.Spec.Workers.IdleTimeout;
        if (now < end)
        {
            _due[id] = end < now + s_longest ? end : now + s_longest;
            return;
        }

        if (demand.Of(id).IsWanted || await ports.HasWork(id, ct) || !await store.HibernateIdleAsync(route.Tenant, id, row.Attempt, since, ct)) return;
        LogIdle(id, row.Spec.Workers.IdleTimeout.TotalSeconds);
        reconcile().Hint(route.Tenant, id);
    }

    private bool MayStop(DeploymentState row, DateTimeOffset now) =>
        row.Spec.Workers.At(now).Min == 0 && ports.Providers.TryGetValue(row.Spec.Provider, out var provider) && provider.Traits.For(row.Spec) is { CanStop: true, HasOwnQueue: false };

    [LoggerMessage(Level = LogLevel.Information, Message = "{Deployment} was not used for {Seconds} s and is put to sleep")]
    private partial void LogIdle(DeploymentId deployment, double seconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Whether {Deployment} is idle could not be found out; it is looked at again")]
    private partial void LogFailed(DeploymentId deployment, Exception failure);
}
