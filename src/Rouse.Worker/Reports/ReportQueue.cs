using Rouse.Contracts.Workers;

namespace Rouse.Worker.Reports;

/// <summary>What is still to be told, in order. Phases are never dropped, of progress only the newest counts, of logs the oldest go first.</summary>
internal sealed class ReportQueue(string workerId, string run)
{
    /// <summary>Log lines kept while the control plane does not answer: minutes of a chatty start.</summary>
    public const int MaxWaitingLogs = 1_000;

    /// <summary>Log lines in one report, so that its body stays small.</summary>
    public const int MaxLogsPerReport = 100;

    private readonly Lock _gate = new();
    private readonly Queue<PhaseChange> _phases = [];
    private readonly Queue<WorkerLogLine> _logs = [];
    private WorkerProgress? _progress;
    private WorkerCacheUse? _cache;
    private int _dropped;
    private bool _closed;
    private long _sequence;
    private TaskCompletionSource _something = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _urgent = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when there is something to take, or nothing will ever be again.</summary>
    public Task Something
    {
        get
        {
            lock (_gate) return _something.Task;
        }
    }

    /// <summary>Ends when a phase waits, or somebody for all to be told, or the end: none of these should wait for more lines.</summary>
    public Task Urgent
    {
        get
        {
            lock (_gate) return _urgent.Task;
        }
    }

    public bool IsClosed
    {
        get
        {
            lock (_gate) return _closed;
        }
    }

    /// <summary>Has whoever waits look again.</summary>
    public void Poke() => Change(() => _urgent.TrySetResult());

    public void Add(PhaseChange change) => Change(() =>
    {
        _phases.Enqueue(change);
        _urgent.TrySetResult();
    });

    public void Add(WorkerProgress progress) => Change(() => _progress = progress);

    public void Add(WorkerCacheUse use) => Change(() => _cache = use);

    public void Add(WorkerLogLine line) => Change(() =>
    {
        _logs.Enqueue(line);
        if (_logs.Count <= MaxWaitingLogs) return;
        _logs.Dequeue();
        _dropped++;
    });

    /// <summary>Nothing comes after what is in it now.</summary>
    public void Close() => Change(() =>
    {
        _closed = true;
        _urgent.TrySetResult();
    });

    /// <summary>The next report, or null when all is told.</summary>
    public WorkerReport? Take()
    {
        lock (_gate)
        {
            if (_phases.Count == 0 && _logs.Count == 0 && _progress is null && _cache is null)
            {
                if (!_closed && _something.Task.IsCompleted) _something = new(TaskCreationOptions.RunContinuationsAsynchronously);
                if (!_closed && _urgent.Task.IsCompleted) _urgent = new(TaskCreationOptions.RunContinuationsAsynchronously);
                return null;
            }

            var lines = TakeLogs();
            var change = _phases.Count > 0 ? _phases.Dequeue() : null;
            var progress = _progress;
            _progress = null;
            var cache = _cache;
            _cache = null;
            return new WorkerReport
            {
                WorkerId = workerId,
                Run = run,
                Sequence = ++_sequence,
                Phase = change?.Phase,
                FailureCode = change?.FailureCode,
                FailureMessage = change?.FailureMessage,
                Cleanup = change?.Cleanup,
                Logs = lines,
                Progress = progress,
                Cache = cache,
                PhaseTimes = change?.Times,
            };
        }
    }

    private List<WorkerLogLine> TakeLogs()
    {
        List<WorkerLogLine> lines = [];
        if (_dropped > 0 && _logs.TryPeek(out var oldest))
        {
            lines.Add(new WorkerLogLine(oldest.Timestamp, "WARNING", $"{_dropped} older log lines were dropped: the control plane did not answer."));
            _dropped = 0;
        }

        while (lines.Count < MaxLogsPerReport && _logs.TryDequeue(out var line)) lines.Add(line);
        return lines;
    }

    private void Change(Action change)
    {
        lock (_gate)
        {
            change();
            _something.TrySetResult();
        }
    }
}

/// <param name="Phase">Null with a <paramref name="Cleanup"/>.</param>
/// <param name="Times">With <c>ready</c>.</param>
internal sealed record PhaseChange(string? Phase, string? FailureCode = null, string? FailureMessage = null, string? Cleanup = null, WorkerPhaseTimes? Times = null);
