using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rouse.Core.Deployments;
using Rouse.Core.Ports;
using Rouse.Gateway.Routing;
using Rouse.Store.Deployments;

namespace Rouse.Server.Background;

/// <summary>
/// Tells the other replicas, and whoever starts after this one, what is asked of services here: while something waits or is under way, once in a few
/// seconds, and when the last byte is out.
/// </summary>
/// <param name="replica">This one's name; one that survives a restart replaces what it said before.</param>
internal sealed partial class ServiceActivity(
    RouteTable routes, IDemand demand, ActivityStore store, string replica, TimeProvider time, ILogger<ServiceActivity> logger) : BackgroundService
{
    /// <summary>Between two looks: well below <see cref="ReconcileLimits.Drain"/>, within which a request under way must be told of.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>Between two writes for one deployment while it is busy.</summary>
    public static readonly TimeSpan Spacing = TimeSpan.FromSeconds(2);

    /// <summary>How long a replica's word holds that does not renew it: several writes, and what their clocks may differ by.</summary>
    public static readonly TimeSpan Hold = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<DeploymentId, Told> _told = new();

    /// <summary>Whether any replica has something under way, this one included.</summary>
    public async ValueTask<bool> IsBusyAsync(DeploymentId id, CancellationToken ct) =>
        demand.Of(id).IsWanted || (await store.OfAsync(id, ct)).IsBusy(time.GetUtcNow());

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await TellAllAsync(isLast: true, CancellationToken.None);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            await TellAllAsync(isLast: false, stoppingToken);
            await Task.Delay(Period, time, stoppingToken);
        }
    }

    private async Task TellAllAsync(bool isLast, CancellationToken ct)
    {
        foreach (var route in routes.All)
        {
            try
            {
                await TellAsync(route.Deployment, isLast, ct);
            }
            catch (Exception failure) when (!ct.IsCancellationRequested)
            {
                LogFailed(route.Deployment, failure);
            }
        }
    }

    private async ValueTask TellAsync(DeploymentId id, bool isLast, CancellationToken ct)
    {
        var (asked, now) = (demand.Of(id), time.GetUtcNow());
        var known = _told.TryGetValue(id, out var told);
        if (asked.IsWanted && !isLast)
        {
            if (known && told.IsBusy && now - told.At < Spacing) return;
            await store.NoteAsync(id, replica, now, now + Hold, ct);
            _told[id] = new Told(now, now, IsBusy: true);
            return;
        }

        var last = asked.IsWanted ? now : asked.LastByte;
        if (known && told.IsBusy) last ??= told.Last;
        if (last is not { } ended || (known && !told.IsBusy && ended <= told.Last) || (known && !told.IsBusy && !isLast && now - told.At < Spacing)) return;
        await store.NoteAsync(id, replica, ended, ended, ct);
        _told[id] = new Told(now, ended, IsBusy: false);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "What is asked of {Deployment} could not be told to other replicas; it is tried again")]
    private partial void LogFailed(DeploymentId deployment, Exception failure);

    private readonly record struct Told(DateTimeOffset At, DateTimeOffset Last, bool IsBusy);
}
