namespace Rouse.Gateway.Jobs;

/// <summary>
/// Where the workers of one deployment queue for its jobs. Jobs lie in the store; here is only known how many should be there, so that a worker
/// asks the store when there is something to get, and the one that has waited longest asks first.
/// <code>
///   Tell(1) ──► known 1 ──► first turn gets a claim (known 0) ──► asks the store ──► Settle(got)
///                                  └── left before it asked ──► its claim goes to the next turn
/// </code>
/// The figure may be too high (another replica took the job: one vain question) or, until the next <see cref="Recount"/>, too low (another
/// replica queued one). It never decides who gets a job: the store does.
/// </summary>
internal sealed class JobLine
{
    private readonly Lock _gate = new();
    private readonly LinkedList<Turn> _turns = new();
    private int _known;
    private long _told;

    /// <summary>Jobs that should wait in the store and that no worker is about to take.</summary>
    public int Known => Volatile.Read(ref _known);

    /// <summary>Jobs ever told of: a mark for <see cref="Recount"/>.</summary>
    public long Told => Volatile.Read(ref _told);

    public bool HasWaiting
    {
        get
        {
            lock (_gate) return _turns.Count > 0;
        }
    }

    /// <summary>So many jobs have come to wait.</summary>
    public void Tell(int jobs)
    {
        lock (_gate)
        {
            _told += jobs;
            _known += jobs;
            Grant();
        }
    }

    /// <summary>The store said that so many wait, when it was asked after <paramref name="mark"/>.</summary>
    public void Recount(int waiting, long mark)
    {
        lock (_gate)
        {
            _known = Math.Max(waiting, (int)(_told - mark));
            Grant();
        }
    }

    /// <param name="most">Jobs the worker wants at most.</param>
    public Turn Join(int most)
    {
        lock (_gate)
        {
            var turn = new Turn(this, most);
            turn.Node = _turns.AddLast(turn);
            Grant();
            return turn;
        }
    }

    private void Grant()
    {
        while (_known > 0 && _turns.First is { } first)
        {
            _turns.RemoveFirst();
            first.Value.Claim(Math.Min(_known, first.Value.Most), _told);
            _known -= first.Value.Claimed;
        }
    }

    private void Leave(Turn turn)
    {
        lock (_gate)
        {
            if (turn.Node.List is not null) _turns.Remove(turn.Node);
            _known += turn.Claimed;
            Grant();
        }
    }

    private void Settle(Turn turn, int got)
    {
        lock (_gate)
        {
            // Fewer than wanted: the store was empty, so whatever waits now has been told of since.
            _known = got < turn.Most ? Math.Min(_known, (int)(_told - turn.Mark)) : Math.Max(0, _known - (got - turn.Claimed));
            Grant();
        }
    }

    /// <summary>A worker's place in the line. Disposed without <see cref="Settle"/>, its claim goes to the next.</summary>
    internal sealed class Turn(JobLine line, int most) : IDisposable
    {
        private readonly TaskCompletionSource _come = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private bool _settled;

        /// <summary>Completes when the worker should ask the store.</summary>
        public Task Come => _come.Task;

        public int Most => most;

        public int Claimed { get; private set; }

        public long Mark { get; private set; }

        public LinkedListNode<Turn> Node { get; set; } = null!;

        public void Claim(int jobs, long mark)
        {
            (Claimed, Mark) = (jobs, mark);
            _come.SetResult();
        }

        /// <summary>The store was asked and gave so many.</summary>
        public void Settle(int got)
        {
            _settled = true;
            line.Settle(this, got);
        }

        public void Dispose()
        {
            if (!_settled) line.Leave(this);
            _settled = true;
        }
    }
}
