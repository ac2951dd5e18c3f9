using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Rouse.Core.Jobs;
using Rouse.Gateway.Jobs;
using Rouse.Store.Jobs;

namespace Rouse.Server.Background;

/// <summary>
/// Hands the jobs of one deployment on to its backend's queue, and follows them until they end.
/// <code>
///   our queue ── take ──► submit ──► write the provider's id down ──► look, look … ──► finish
///                           │ refused: back to our queue, and wait      │ lost: back to our queue, a try counted
///                           │ rejected: FAILED                          │ stopped here: cancelled there
/// </code>
/// </summary>
/// <remarks>
/// A job runs twice when the server is killed, or the answer to its submission is lost, between the provider's taking it and its id being
/// written down here: no provider offers a key that would make repeating a submission harmless. Nothing else makes it run twice.
/// </remarks>
internal sealed partial class JobRelayRun(JobRelayPorts ports, RelayedBackend backend, JobRelayCalls calls, ILogger logger)
{
    private readonly ConcurrentDictionary<JobId, Held> _held = new();
    private readonly JobRelayHold _hold = new(ports.Limits, ports.Chance, ports.Time);
    private readonly SemaphoreSlim _room = new(ports.Limits.MaxInFlight);
    private long? _hinted;

    private JobPlane Plane => ports.Plane;

    /// <summary>With the account's present key.</summary>
    public RelayedBackend Backend { get; set; } = backend;

    /// <summary>Runs until cancelled. What is held then stays held, and is followed on by whoever is given it as <paramref name="found"/>.</summary>
    public async Task RunAsync(IReadOnlyList<RelayedJob> found, CancellationToken ct)
    {
        foreach (var job in found)
        {
            var hasPlace = await _room.WaitAsync(TimeSpan.Zero, CancellationToken.None);
            Start(job.Job, held => job.IsHeld ? FollowAsync(job, held, ct) : CancelAsync(job, ct), hasPlace, ct);
        }

        await Task.WhenAll(RepeatAsync(KeepAsync, ct), RepeatAsync(StopAsync, ct), RepeatAsync(TakeAsync, ct));
        await Task.WhenAll(_held.Values.Select(held => held.Task));
    }

    private async Task RepeatAsync(Func<CancellationToken, ValueTask> step, CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            try
            {
                await step(ct);
            }
            catch (Exception error)
            {
                if (ct.IsCancellationRequested) return;
                LogFailed(logger, Backend.Deployment, error);
                await Task.Delay(ports.Limits.Pause, ports.Time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async ValueTask TakeAsync(CancellationToken ct)
    {
        await _hold.WaitAsync(ct);
        await _room.WaitAsync(ct);
        var places = 1;
        try
        {
            while (!_hold.IsTrying && places < Plane.Limits.MaxBatch && await _room.WaitAsync(TimeSpan.Zero, ct)) places++;
            var jobs = await Plane.TakeToRelayAsync(Backend.Deployment, Backend.Relay, places, ct);
            // Before the submission: the provider may have cut the endpoint's workers to none meanwhile.
            if (jobs.Count > 0) Hint();
            foreach (var job in jobs)
            {
                places--;
                Start(job.Id, held => HandOnAsync(job, held, ct), hasPlace: true, ct);
            }
        }
        finally
        {
            if (places > 0) _room.Release(places);
        }
    }

    /// <summary>As a worker's pings do.</summary>
    private async ValueTask KeepAsync(CancellationToken ct)
    {
        await Plane.KeepAsync(Backend.Deployment, Backend.Relay, [.. _held.Keys], ct);
        if (_held.Values.Any(held => !held.Began)) Hint();
        await Task.Delay(ports.Limits.Keep, ports.Time, ct);
    }

    private async ValueTask StopAsync(CancellationToken ct)
    {
        foreach (var job in await Plane.StopsAsync(Backend.Deployment, Backend.Relay, ct))
        {
            if (_held.TryGetValue(job, out var held)) held.Stop();
        }
    }

    private void Start(JobId id, Func<Held, Task> work, bool hasPlace, CancellationToken ct)
    {
        var held = new Held();
        _held[id] = held;
        held.Task = RunAsync();

        async Task RunAsync()
        {
            try
            {
                await work(held);
            }
            catch (Exception error) when (error is not OperationCanceledException || !ct.IsCancellationRequested)
            {
                LogJobFailed(logger, Backend.Deployment, id, error);
            }
            catch (OperationCanceledException)
            {
                // It stays held, for the next to follow.
            }
            finally
            {
                // Not what may lie there by now: a lost job can have been taken again.
                _held.TryRemove(KeyValuePair.Create(id, held));
                if (hasPlace) _room.Release();
            }
        }
    }

    /// <summary>Asks for the deployment to be looked at, not more often than it helps.</summary>
    private void Hint()
    {
        if (_hinted is { } at && ports.Time.GetElapsedTime(at) < ports.Limits.HintEvery) return;
        _hinted = ports.Time.GetTimestamp();
        ports.Hint(Backend.Tenant, Backend.Deployment);
    }

    /// <summary>A job on its way.</summary>
    private sealed class Held
    {
        private readonly CancellationTokenSource _stopped = new();

        public CancellationToken Stopped => _stopped.Token;

        /// <summary>A worker of the provider's has been seen with it.</summary>
        public bool Began { get; set; }

        /// <summary>The last progress that was kept.</summary>
        public byte[]? Progress { get; set; }

        public Task Task { get; set; } = Task.CompletedTask;

        public void Stop() => _stopped.Cancel();
    }
}
