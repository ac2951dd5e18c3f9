using Microsoft.Extensions.Hosting;
using Rouse.Providers.Local;
using Rouse.Server.Caching;
using Rouse.Server.Firestore;
using Rouse.Server.Outputs;
using Rouse.Server.ServiceJobs;
using Rouse.Server.Spool;
using Rouse.Server.Usage;
using Rouse.Server.Webhooks;

namespace Rouse.Server.Background;

/// <summary>
/// Starts the loops once the server listens, so that workers find it, and stops them while it still does, so that workers can hand in what they
/// have. Signals reach the framework; the order is kept here.
/// </summary>
internal sealed class Loops(
    LocalProvider local, ReconcileLoop reconcile, Sweep sweep, WorkerLines lines, JobClock jobs, JobEndings endings, WebhookDeliveryLoop webhooks, Housekeeping housekeeping,
    RemoteNews remote, CacheLoop cache, RouteFeed routes, ServiceActivity activity, IdleStops idle, UsageLoop usage, OutputSweep outputs, JobRelay? relay = null, FirestoreMirror? mirror = null, ServiceJobsLoop? services = null, SpoolSweep? spool = null) : IHostedLifecycleService
{
    private readonly IReadOnlyList<BackgroundService> _relays = [.. new BackgroundService?[] { relay, mirror, services, spool, outputs }.OfType<BackgroundService>()];

    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        // First of all what a killed server left behind: adopted or ended before anything new is started.
        await local.RecoverAsync(cancellationToken);
        foreach (var loop in (IEnumerable<BackgroundService>)[usage, endings, lines, jobs, webhooks, .. _relays, routes, activity, idle, reconcile, sweep, housekeeping, remote, cache]) await loop.StartAsync(cancellationToken);
    }

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAll(((IEnumerable<BackgroundService>)[idle, reconcile, sweep, housekeeping, remote, cache, .. _relays]).Select(loop => loop.StopAsync(cancellationToken)));
        await local.DisposeAsync();
        await Task.WhenAll(new BackgroundService[] { endings, lines, jobs, webhooks, activity, routes }.Select(loop => loop.StopAsync(cancellationToken)));
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>By now the last request has ended, and what it came to can be written down.</summary>
    public Task StoppedAsync(CancellationToken cancellationToken) => usage.StopAsync(cancellationToken);
}
