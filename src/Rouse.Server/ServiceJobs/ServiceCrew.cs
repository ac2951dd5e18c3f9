using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Rouse.Core.Deployments;
using Rouse.Core.Jobs;
using Rouse.Gateway.Admission;
using Rouse.Gateway.Routing;

namespace Rouse.Server.ServiceJobs;

/// <summary>
/// The hands that work on the jobs of one service. A hand waits at the door, takes a job when it is let in, and ends with it. There are never more at the
/// door than jobs that wait, nor more in all than the service works on at a time; hands that wait before they send a job again are not counted, so that one job
/// whose service fails holds up no other.
/// </summary>
internal sealed partial class ServiceCrew(ServiceJobPorts ports, DeploymentId deployment, Action<DeploymentId> look, CancellationToken abort, ILogger logger)
{
    /// <summary>Between asks of a door that has refused.</summary>
    private static readonly TimeSpan s_shortestPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly HashSet<Task> _hands = [];
    private readonly ConcurrentDictionary<JobId, bool> _held = new();
    private CancellationTokenSource? _atDoor;
    private int _waiting;
    private int _resting;

    /// <summary>Jobs that are worked on.</summary>
    public IReadOnlyList<JobId> Held => [.. _held.Keys];

    /// <summary>Sends as many hands to the door as are needed; calls them back when nothing waits any more.</summary>
    public void Man(Route route, int jobs, CancellationToken stopping)
    {
        if (jobs == 0)
        {
            Leave();
            return;
        }

        lock (_gate)
        {
            if (stopping.IsCancellationRequested) return;
            var most = (route.Service.Concurrency * Math.Max(1, route.Backends.Count)) + Math.Min(_resting, route.Service.MaxQueue);
            for (var more = Math.Min(jobs, most - _hands.Count + _waiting) - _waiting; more > 0; more--)
            {
                _atDoor ??= CancellationTokenSource.CreateLinkedTokenSource(stopping);
                _waiting++;
                var ends = _atDoor.Token;
                var hand = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _hands.Add(hand.Task);
                _ = Task.Run(() => HandAsync(hand, route, ends, stopping), CancellationToken.None);
            }
        }
    }

    /// <summary>Nobody is to wait at the door any more: who waits there keeps the service awake.</summary>
    public void Leave()
    {
        CancellationTokenSource? left;
        lock (_gate) (left, _atDoor) = (_atDoor, null);
        left?.Cancel();
        left?.Dispose();
    }

    public Task EndAsync()
    {
        Leave();
        lock (_gate) return Task.WhenAll(_hands);
    }

    private async Task HandAsync(TaskCompletionSource hand, Route route, CancellationToken atDoor, CancellationToken stopping)
    {
        var isAtDoor = true;
        try
        {
            if (await EnterAsync(route, atDoor) is not { } grant) return;
            using (grant)
            {
                if (await ports.Plane.TakeNowAsync(deployment, ports.Worker) is not { } job) return;
                LeaveDoor();
                _held[job.Id] = true;
                try
                {
                    // The next one may go to the door.
                    look(deployment);
                    await new ServiceJobRun(ports, deployment, job, Rest, logger).RunAsync(grant, stopping, abort);
                }
                finally
                {
                    _held.TryRemove(job.Id, out _);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Called back, or stopped.
        }
        catch (Exception error)
        {
            LogFailed(deployment, error);
            await PauseAsync(s_shortestPause, stopping);
        }
        finally
        {
            lock (_gate)
            {
                LeaveDoor();
                _hands.Remove(hand.Task);
            }

            hand.SetResult();
            if (!stopping.IsCancellationRequested) look(deployment);
        }

        void LeaveDoor()
        {
            lock (_gate)
            {
                if (isAtDoor) _waiting--;
                isAtDoor = false;
            }
        }
    }

    private void Rest(bool begins)
    {
        lock (_gate) _resting += begins ? 1 : -1;
        if (begins) look(deployment);
    }

    /// <returns>Null when it was not let in; by then enough time has passed to ask again.</returns>
    private async ValueTask<Grant?> EnterAsync(Route route, CancellationToken ct)
    {
        // Its body lies in the spool, so it takes none of the bound in bytes.
        var admitted = await ports.Door.EnterAsync(deployment, new Ask(route.Tenant, AskPriority.Queued, Bytes: 0), ct);
        if (admitted.Refusal is { } refusal) await PauseAsync(refusal.RetryAfter, ct);
        return admitted.Grant;
    }

    private async ValueTask PauseAsync(TimeSpan pause, CancellationToken ct) => await Task.Delay(
        pause < s_shortestPause ? s_shortestPause : pause > s_longestPause ? s_longestPause : pause, ports.Time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    [LoggerMessage(LogLevel.Error, "{Deployment}: a job of the service could not be worked on; its lease ends and it waits again")]
    private partial void LogFailed(DeploymentId deployment, Exception error);
}
