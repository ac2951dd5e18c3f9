using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rouse.Core.Deployments;
using Rouse.Store.Jobs;

namespace Rouse.Server.Background;

/// <summary>
/// Keeps a <see cref="JobRelayRun"/> going for each deployment whose provider has its own queue. After a restart those go on with the jobs that lie
/// with the provider already.
/// </summary>
/// <remarks>
/// One replica relays, by lease. Should two do so for a moment, each job is still taken by one, and ends once: the store compares and sets.
/// </remarks>
internal sealed partial class JobRelay(JobRelayPorts ports, ILogger<JobRelay> logger) : BackgroundService
{
    private const string LeaseName = "job-relay";

    private readonly Dictionary<DeploymentId, Running> _running = [];
    private readonly Dictionary<string, JobRelayAccount> _accounts = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _looking = new(ports.Limits.LooksAtOnce);
    private readonly Channel<bool> _nudges = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>What lies with providers was read, and has been shared out.</summary>
    private bool _hasFound;

    /// <summary>A deployment got its backend, lost it, or ended. Returns at once.</summary>
    public void Nudge() => _nudges.Writer.TryWrite(item: true);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                try
                {
                    await RoundAsync(stoppingToken);
                }
                catch (Exception error) when (!stoppingToken.IsCancellationRequested)
                {
                    LogRoundFailed(error);
                }

                await WaitAsync(stoppingToken);
            }
        }
        finally
        {
            await EndAllAsync();
            await ports.Leases.ReleaseAsync(LeaseName, ports.Owner, CancellationToken.None);
        }
    }

    private async Task RoundAsync(CancellationToken ct)
    {
        if (await ports.Leases.TryAcquireAsync(LeaseName, ports.Owner, ports.Limits.Lease, ct) is null)
        {
            await EndAllAsync();
            return;
        }

        var found = _hasFound ? [] : await ports.Store.ListAsync(ct);
        var backends = (await ports.Backends(ct)).ToDictionary(backend => backend.Deployment);
        await Task.WhenAll(_running.Values.Where(running => !IsCurrent(running.Run.Backend)).ToList().Select(GiveUpAsync));
        foreach (var backend in backends.Values) Go(backend, [.. found.Where(job => IsOf(backend, job))], ct);
        foreach (var job in found.Where(job => job.IsHeld && !(backends.TryGetValue(job.Deployment, out var backend) && IsOf(backend, job))).DistinctBy(job => (job.Deployment, job.Relay)))
        {
            LogBackendGone(job.Deployment, job.Attempt);
            await ports.Plane.ReleaseAsync(job.Deployment, job.Relay, ct);
        }

        _hasFound = true;
        foreach (var account in _accounts.Keys.Except(backends.Values.Select(backend => backend.Account), StringComparer.Ordinal).ToList()) _accounts.Remove(account);

        bool IsCurrent(RelayedBackend known) => backends.TryGetValue(known.Deployment, out var backend) && backend.IsSameAs(known);
    }

    private void Go(RelayedBackend backend, IReadOnlyList<RelayedJob> found, CancellationToken ct)
    {
        if (_running.TryGetValue(backend.Deployment, out var running))
        {
            running.Run.Backend = backend;
            return;
        }

        if (!_accounts.TryGetValue(backend.Account, out var account)) _accounts[backend.Account] = account = new JobRelayAccount(ports.Limits, ports.Time);
        var calls = new JobRelayCalls(ports.Relay, account, _looking, ports.Limits, ports.Time);
        var run = new JobRelayRun(ports, backend, calls, logger);
        var ends = CancellationTokenSource.CreateLinkedTokenSource(ct);
        _running[backend.Deployment] = new Running(run, ends, Task.Run(() => run.RunAsync(found, ends.Token), CancellationToken.None));
    }

    /// <summary>Its backend is gone: what lay there waits again, for another backend or for the deployment's end.</summary>
    private async Task GiveUpAsync(Running running)
    {
        var backend = running.Run.Backend;
        _running.Remove(backend.Deployment);
        await running.EndAsync();
        LogBackendGone(backend.Deployment, backend.Attempt);
        await ports.Plane.ReleaseAsync(backend.Deployment, backend.Relay, CancellationToken.None);
    }

    /// <summary>What is held stays held: whoever relays next follows it on.</summary>
    private async Task EndAllAsync()
    {
        var all = _running.Values.ToList();
        _running.Clear();
        _hasFound = false;
        await Task.WhenAll(all.Select(running => running.EndAsync()));
    }

    private async ValueTask WaitAsync(CancellationToken ct)
    {
        using var due = new CancellationTokenSource(ports.Limits.Rescan, ports.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, due.Token);
        try
        {
            await _nudges.Reader.ReadAsync(either.Token);
            await Task.Delay(ports.Limits.Gather, ports.Time, either.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            // It is time.
        }
    }

    private static bool IsOf(RelayedBackend backend, RelayedJob job) =>
        job.Deployment == backend.Deployment && job.Attempt == backend.Attempt && job.Backend == backend.Backend;

    private sealed record Running(JobRelayRun Run, CancellationTokenSource Ends, Task Task)
    {
        public async Task EndAsync()
        {
            await Ends.CancelAsync();
            await Task;
            Ends.Dispose();
        }
    }
}
