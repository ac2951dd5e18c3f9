using Rouse.Core.Ports;

namespace Rouse.Providers.Local;

/// <summary>One worker as its pool's loop knows it. Touched by that loop only.</summary>
internal sealed class PoolWorker(string id, WorkerProcess process, LogTail log, DateTimeOffset startedAt)
{
    private Stage _stage = Stage.Starting;
    private DateTimeOffset _since = startedAt;

    public string Id { get; } = id;

    public WorkerProcess Process { get; } = process;

    public LogTail Log { get; } = log;

    /// <summary>Jobs it had finished when we last looked.</summary>
    public long Finished { get; private set; }

    /// <summary>Its end was our wish, so whatever it exits with is no crash.</summary>
    public bool EndWanted => _stage is Stage.Stopping or Stage.Killed && Fault is null;

    /// <summary>What it is counted as crashed for, when that is known before it is gone.</summary>
    public string? Fault { get; set; }

    public void Enter(Stage stage, DateTimeOffset now) => (_stage, _since) = (stage, now);

    /// <returns>Whether it has finished a job since the last look.</returns>
    public bool Look(QueueState queue, DateTimeOffset now)
    {
        var seen = queue.Workers.GetValueOrDefault(Id);
        if (_stage == Stage.Starting && seen is { Ready: true }) Enter(Stage.Ready, now);
        if (seen is null || seen.Finished <= Finished) return false;
        Finished = seen.Finished;
        return true;
    }

    public WorkerFacts Facts(QueueState queue)
    {
        var seen = queue.Workers.GetValueOrDefault(Id);
        var lastBusy = seen is null || seen.LastBusy < _since ? _since : seen.LastBusy;
        var lastSeen = seen is null || seen.LastSeen < _since ? _since : seen.LastSeen;
        var jobs = queue.Running.GetValueOrDefault(Id);
        return new WorkerFacts(Id, _stage, _since, jobs, lastBusy, lastSeen, Finished > 0, seen?.Unhealthy, seen is { Recycle: true });
    }
}
