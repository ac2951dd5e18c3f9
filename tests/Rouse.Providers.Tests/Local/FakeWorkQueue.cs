using Rouse.Core.Deployments;
using Rouse.Core.Ports;

namespace Rouse.Providers.Tests.Local;

/// <summary>A job plane that a test drives by hand, for one deployment.</summary>
internal sealed class FakeWorkQueue(DeploymentId deployment, TimeProvider time) : IWorkQueue
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, WorkerSighting> _workers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _running = new(StringComparer.Ordinal);
    private readonly List<string> _released = [];
    private readonly List<string> _stopped = [];
    private bool _isSeen;
    private int _queued;
    private DateTimeOffset _headSince;

    public event Action<DeploymentId>? Changed;

    /// <summary>Workers whose jobs were given back, in order.</summary>
    public IReadOnlyList<string> Released => Read(() => _released.ToList());

    /// <summary>Workers that are offered nothing more.</summary>
    public IReadOnlyList<string> Stopped => Read(() => _stopped.ToList());

    /// <summary>The pool has read it as it is now: a clock that is moved on before would make the past look idle.</summary>
    public bool IsSeen => Read(() => _isSeen);

    /// <summary>Set to make the plane unreachable.</summary>
    public Exception? Fault { get; set; }

    public ValueTask<QueueState> StateAsync(DeploymentId id, CancellationToken ct)
    {
        if (Fault is { } fault) throw fault;
        if (id != deployment) return ValueTask.FromResult(QueueState.Empty);
        lock (_gate)
        {
            _isSeen = true;
            var wait = _queued > 0 ? time.GetUtcNow() - _headSince : TimeSpan.Zero;
            return ValueTask.FromResult(new QueueState(_queued, wait, _running.ToDictionary(), _workers.ToDictionary()));
        }
    }

    public void StopOffering(DeploymentId id, string worker) => Do(() => _stopped.Add(worker));

    public ValueTask ReleaseAsync(DeploymentId id, string worker, CancellationToken ct)
    {
        if (Fault is { } fault) throw fault;
        Do(() =>
        {
            _queued += _running.GetValueOrDefault(worker);
            _running.Remove(worker);
            _released.Add(worker);
        });
        return ValueTask.CompletedTask;
    }

    public void Enqueue(int jobs) => Do(() =>
    {
        if (_queued == 0) _headSince = time.GetUtcNow();
        _queued += jobs;
    });

    public void Purge() => Do(() => _queued = 0);

    /// <summary>The worker asks for jobs: its model is loaded.</summary>
    public void Ready(string worker) => See(worker, seen => seen with { Ready = true });

    public void Take(string worker) => Do(() =>
    {
        _queued = Math.Max(0, _queued - 1);
        _running[worker] = _running.GetValueOrDefault(worker) + 1;
        Touch(worker, seen => seen with { LastBusy = time.GetUtcNow() });
    });

    public void Finish(string worker) => Do(() =>
    {
        _running.Remove(worker);
        Touch(worker, seen => seen with { LastBusy = time.GetUtcNow(), Finished = seen.Finished + 1 });
    });

    public void Recycle(string worker) => See(worker, seen => seen with { Recycle = true });

    private void See(string worker, Func<WorkerSighting, WorkerSighting> change) => Do(() => Touch(worker, change));

    private void Touch(string worker, Func<WorkerSighting, WorkerSighting> change)
    {
        var now = time.GetUtcNow();
        var seen = _workers.GetValueOrDefault(worker) ?? new WorkerSighting(now, now, Ready: false, Finished: 0, Unhealthy: null);
        _workers[worker] = change(seen with { LastSeen = now });
    }

    private void Do(Action change)
    {
        lock (_gate)
        {
            change();
            _isSeen = false;
        }

        Changed?.Invoke(deployment);
    }

    private T Read<T>(Func<T> read)
    {
        lock (_gate) return read();
    }
}
