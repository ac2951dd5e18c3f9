using System.Collections.Concurrent;
using System.ComponentModel;
using System.Threading.Channels;
using Rouse.Core.Deployments;
using Rouse.Core.Ports;

namespace Rouse.Providers.Local;

/// <summary>
/// One backend: its workers and the loop that keeps them as <see cref="PoolPlan"/> says. All state belongs to the loop; others leave requests,
/// wake it, and read <see cref="Observed"/>.
/// </summary>
internal sealed partial class Pool
{
    private readonly PoolContext _context;
    private readonly BackendName _name;
    private readonly string _folder;
    private readonly CrashHistory _crashes;
    private readonly List<PoolWorker> _workers = [];
    private readonly List<string> _unreleased = [];
    private readonly ConcurrentQueue<Request> _requests = new();
    private readonly List<TaskCompletionSource> _awaitingEnd = [];
    private readonly Channel<bool> _wakes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly ITimer _timer;
    private readonly CancellationTokenSource _ending = new();

    /// <summary>20 ms between two reads of the queue that its news causes: a flood of jobs must not become a flood of reads.</summary>
    private static readonly TimeSpan ReadSpacing = TimeSpan.FromMilliseconds(20);

    private PoolFile _file;
    private QueueState _queue = QueueState.Empty;
    private DateTimeOffset _queueReadAt;
    private DateTimeOffset _strayCheckAt;
    private DateTimeOffset _startAfter = DateTimeOffset.MinValue;
    private DateTimeOffset _lastStart = DateTimeOffset.MinValue;
    private BackendTrouble? _trouble;
    private BackendTrouble? _hitch;
    private DateTimeOffset _growAfter = DateTimeOffset.MinValue;
    private bool _gaveUp;
    private bool _woken;
    private bool _leaving;

    // Shared with other threads.
    private ObservedBackend _observed;
    private volatile bool _stale = true;
    private volatile bool _eager = true;
    private volatile bool _shownReady;
    private volatile bool _over;
    private long _queueReadStamp;

    public Pool(PoolContext context, BackendName name, PoolFile file, string folder)
    {
        (_context, _name, _file, _folder) = (context, name, file, folder);
        _crashes = new CrashHistory(context.Options);
        _observed = new ObservedBackend(new BackendId(name.ToString()), name, file.Stopped ? BackendStatus.Sleeping : BackendStatus.Starting);
        _timer = context.Time.CreateTimer(static pool => ((Pool)pool!).Wake(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public BackendName Name => _name;

    private DateTimeOffset Now => _context.Time.GetUtcNow();

    private Want Want => _leaving || _file.Deleted ? Want.Ended : _file.Stopped ? Want.Sleeping : Want.Running;

    /// <summary>What the list shows. Asking counts: a ready worker that was never shown is not stopped for being idle.</summary>
    public ObservedBackend Observe()
    {
        var observed = Volatile.Read(ref _observed);
        if (observed.ReadyWorkers > 0) _shownReady = true;
        return observed;
    }

    public void Begin() => _ = Task.Run(LoopAsync);

    /// <summary>News of the queue. A pool whose workers are all busy looks at its next tick; one that waits for something looks at once.</summary>
    public void OnQueueChanged()
    {
        _stale = true;
        if (!_eager || _over) return;
        if (_context.Time.GetElapsedTime(Interlocked.Read(ref _queueReadStamp)) >= ReadSpacing) Wake();
        else _timer.Change(ReadSpacing, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Completes when the wish is durable; for <see cref="Wish.Delete"/> and <see cref="Wish.Leave"/> when nothing is left.</summary>
    public Task AskAsync(Wish wish)
    {
        var request = new Request(wish, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        _requests.Enqueue(request);
        if (wish is Wish.Delete or Wish.Leave) _ending.Cancel();
        Wake();
        if (_over) AnswerLate();
        return request.Done.Task;
    }

    private void Wake() => _wakes.Writer.TryWrite(true);

    private async Task LoopAsync()
    {
        while (!_over)
        {
            TimeSpan again;
            try
            {
                again = await RoundAsync();
            }
            catch (OperationCanceledException) when (_ending.IsCancellationRequested)
            {
                again = TimeSpan.Zero;
            }
            catch (Exception fault)
            {
                Log.RoundFailed(_context.Logger, fault, _name, fault.GetType().Name);
                var cause = new FailureCause(FailureCodes.EngineFailed, $"The local pool could not go on and tries again: {Why(fault)}");
                _hitch = new BackendTrouble(cause, Fatal: false);
                again = _context.Options.RestartDelay;
            }

            if (_over) break;
            _timer.Change(again, Timeout.InfiniteTimeSpan);
            // News that came while we were at it may have set the timer before we did.
            if (_stale && _eager) _timer.Change(ReadSpacing, Timeout.InfiniteTimeSpan);
            await _wakes.Reader.ReadAsync();
        }

        await _timer.DisposeAsync();
        try
        {
            _context.Over(this);
        }
        finally
        {
            foreach (var waiting in _awaitingEnd) waiting.TrySetResult();
            AnswerLate();
        }
    }

    /// <summary>Only what the system says of files and processes is told on: it holds no value of ours.</summary>
    private string Why(Exception fault) => fault switch
    {
        IOException or Win32Exception or UnauthorizedAccessException => fault.Message,
        OperationCanceledException => $"no answer from the store within {_context.Options.StoreTimeout.TotalSeconds} s",
        _ => fault.GetType().Name,
    };

    private void AnswerLate()
    {
        while (_requests.TryDequeue(out var late)) late.Done.TrySetResult();
    }

    private async ValueTask<TimeSpan> RoundAsync()
    {
        TakeRequests();
        if (_over) return TimeSpan.Zero;
        if (_hitch is not null) Publish();
        var exited = _workers.FindAll(worker => worker.Process.HasExited);
        if (Want != Want.Ended && (_stale || exited.Count > 0 || Now - _queueReadAt >= _context.Options.Resync)) await ReadQueueAsync();
        foreach (var worker in _workers)
        {
            if (worker.Look(_queue, Now)) _crashes.Clear();
        }

        foreach (var worker in exited) Bury(worker);
        if (exited.Count > 0) EndStrays(_context.Processes.Now());
        foreach (var worker in _workers) worker.Log.Read();
        foreach (var step in PoolPlan.For(Facts(), _context.Options)) await DoAsync(step);
        if (Now - _strayCheckAt >= _context.Options.Resync) EndStrays(_context.Processes.Lately());
        if (Want == Want.Ended && _workers.Count == 0 && EndStrays(_context.Processes.Now()) == 0) Finish();
        _hitch = null;
        Publish();
        await ReleaseAsync();
        var waits = _workers.Count > 0 || _queue.Queued > 0 || Want == Want.Ended || Now < _startAfter;
        return waits ? _context.Options.Tick : _context.Options.Resync;
    }

    private void TakeRequests()
    {
        while (_requests.TryDequeue(out var request))
        {
            switch (request.Wish)
            {
                case Wish.Run or Wish.Sleep:
                    var durable = Save(_file with { Stopped = request.Wish == Wish.Sleep });
                    _woken = request.Wish == Wish.Run;
                    if (_woken) Forgive();
                    if (durable) request.Done.TrySetResult();
                    else request.Done.TrySetException(new ProviderException(ProviderFault.Unknown, $"{_name}: done, but not written down."));
                    continue;
                case Wish.Delete:
                    Save(_file with { Deleted = true });
                    break;
                case Wish.Leave:
                    _leaving = true;
                    _over = !_context.Options.StopWorkersOnExit && !_file.Deleted;
                    break;
            }

            _awaitingEnd.Add(request.Done);
        }
    }

    private async ValueTask ReadQueueAsync()
    {
        _stale = false;
        Interlocked.Exchange(ref _queueReadStamp, _context.Time.GetTimestamp());
        using var patience = Patience(_ending.Token);
        _queue = await _context.Queue.StateAsync(_name.Deployment, patience.Token);
        _queueReadAt = Now;
    }

    /// <summary>A token that ends with the given one, or when our own store has kept us waiting for too long.</summary>
    private CancellationTokenSource Patience(CancellationToken ct)
    {
        var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(_context.Options.StoreTimeout);
        return patience;
    }

    private PoolFacts Facts()
    {
        // A deployment can only become ready by a worker, and who wakes a backend wants one too.
        var scaling = _file.Scaling.At(Now);
        var floor = _woken || !_file.Proven ? Math.Max(scaling.Min, 1) : scaling.Min;
        var headWait = _queue.Queued > 0 ? _queue.HeadWait + (Now - _queueReadAt) : TimeSpan.Zero;
        var growth = _gaveUp ? Growth.None : Now < _growAfter ? Growth.OnlyFirst : Growth.Free;
        return new PoolFacts(
            scaling, Want, floor, _shownReady, growth, _startAfter, _lastStart,
            [.. _workers.Select(worker => worker.Facts(_queue))], _queue.Queued, headWait, _queue.Running.Values.Sum(), Now);
    }

    private void Publish()
    {
        var facts = _workers.ConvertAll(worker => worker.Facts(_queue));
        var ready = facts.Count(worker => worker is { Stage: Stage.Ready, Unhealthy: null });
        if (ready > 0)
        {
            if (!_file.Proven) Save(_file with { Proven = true });
            _woken = false;
            if (_trouble is { Fatal: false }) _trouble = null;
        }

        _eager = ready < _workers.Count || _workers.Count == 0;
        var observed = _observed with { Status = Status(facts, ready), ReadyWorkers = ready, Workers = _workers.Count, Trouble = _trouble ?? _hitch };
        if (observed == Interlocked.Exchange(ref _observed, observed)) return;
        _context.Changed(_name.Deployment);
    }

    private BackendStatus Status(List<WorkerFacts> workers, int ready)
    {
        if (Want == Want.Ended) return BackendStatus.Stopping;
        if (ready > 0 || workers.Exists(worker => worker.Stage == Stage.Draining)) return BackendStatus.Running;
        var waking = Want == Want.Running && (_woken || !_file.Proven || _queue.Queued > 0);
        return waking || workers.Exists(worker => worker.Stage == Stage.Starting) ? BackendStatus.Starting : BackendStatus.Sleeping;
    }

    /// <summary>The disk follows what the loop knows: a full disk must neither hide a ready worker nor keep a pool from being deleted.</summary>
    private bool Save(PoolFile file)
    {
        if (file == _file) return true;
        _file = file;
        try
        {
            file.Write(_folder);
            return true;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            Log.NotWritten(_context.Logger, _name, fault.Message);
            return false;
        }
    }

    private readonly record struct Request(Wish Wish, TaskCompletionSource Done);
}
