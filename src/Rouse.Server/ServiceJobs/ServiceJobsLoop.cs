using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rouse.Core.Deployments;
using Rouse.Core.Jobs;
using Rouse.Gateway.Routing;

namespace Rouse.Server.ServiceJobs;

/// <summary>
/// The worker of services is the gateway itself: for each job that waits it asks for a place at the service as any request does, and takes the job when it
/// has the place. So a job waits in the queue, where it can be cancelled and counted, for as long as the service sleeps or is busy, and uses up none of its tries.
/// </summary>
internal sealed partial class ServiceJobsLoop(ServiceJobPorts ports, ILogger<ServiceJobsLoop> logger) : BackgroundService
{
    private readonly ConcurrentDictionary<DeploymentId, ServiceCrew> _crews = new();
    private readonly ConcurrentDictionary<DeploymentId, bool> _news = new();
    private readonly Channel<bool> _bell = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource _abort = new();

    /// <summary>What is in the air is given until then, and then let go.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await using var cut = cancellationToken.Register(_abort.Cancel);
        await base.StopAsync(CancellationToken.None);
    }

    public override void Dispose()
    {
        _abort.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        ports.Plane.Changed += Look;
        ports.Routes.Changed += LookAt;
        try
        {
            await Task.WhenAll(WorkAsync(stoppingToken), PingAsync(stoppingToken));
        }
        finally
        {
            ports.Plane.Changed -= Look;
            ports.Routes.Changed -= LookAt;
            await Task.WhenAll(_crews.Values.Select(crew => crew.EndAsync()));
        }
    }

    private void LookAt(Route route) => Look(route.Deployment);

    /// <summary>Something has changed. Never waits.</summary>
    private void Look(DeploymentId id)
    {
        if (ports.Routes.Find(id) is null) return;
        _news[id] = true;
        _bell.Writer.TryWrite(true);
    }

    private async Task WorkAsync(CancellationToken ct)
    {
        var hasReleased = false;
        while (!ct.IsCancellationRequested)
        {
            try
            {
                if (!hasReleased) await ReleaseAsync(ct);
                hasReleased = true;
                IReadOnlyList<DeploymentId> services = [.. ports.Routes.All.Select(route => route.Deployment)];
                if (services.Count > 0) foreach (var id in await ports.Store.WithWaitingAsync(services, ct)) _news[id] = true;
                await LookAroundAsync(ct);
            }
            catch (Exception error) when (!ct.IsCancellationRequested)
            {
                LogFailed(error);
                await Task.Delay(ports.Look, ports.Time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    /// <summary>Follows the news until it is time to look for what is new elsewhere.</summary>
    private async ValueTask LookAroundAsync(CancellationToken ct)
    {
        using var due = new CancellationTokenSource(ports.Look, ports.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, due.Token);
        try
        {
            do
            {
                foreach (var id in _news.Keys)
                {
                    _news.TryRemove(id, out _);
                    await LookAtAsync(id, ct);
                }
            }
            while (await _bell.Reader.ReadAsync(either.Token));
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            // It is time.
        }
    }

    private async ValueTask LookAtAsync(DeploymentId id, CancellationToken ct)
    {
        if (ports.Routes.Find(id) is not { State: not RouteState.Ended } route)
        {
            if (_crews.TryRemove(id, out var over)) over.Leave();
            return;
        }

        var crew = _crews.GetOrAdd(id, id => new ServiceCrew(ports, id, Look, _abort.Token, logger));
        crew.Man(route, await ports.Store.CountWaitingAsync(id, ct), ct);
    }

    /// <summary>What a killed server of this name had taken waits again.</summary>
    private async ValueTask ReleaseAsync(CancellationToken ct)
    {
        foreach (var id in await ports.Store.HeldByAsync(ports.Worker, ct)) await ports.Plane.ReleaseAsync(id, ports.Worker, ct);
    }

    private async Task PingAsync(CancellationToken ct)
    {
        while (true)
        {
            try
            {
                await Task.Delay(ports.Ping, ports.Time, ct);
                foreach (var (id, crew) in _crews)
                {
                    if (crew.Held is { Count: > 0 } held) await ports.Plane.PingAsync(id, ports.Worker, held, unhealthy: null, ct);
                }
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                LogFailed(error);
            }
        }
    }

    [LoggerMessage(LogLevel.Error, "The jobs of services could not be looked at; they are looked at again in a moment")]
    private partial void LogFailed(Exception error);
}
