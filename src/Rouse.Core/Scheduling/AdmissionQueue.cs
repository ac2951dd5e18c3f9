namespace Rouse.Core.Scheduling;

/// <summary>Those that wait, in the order in which they go. Joining, leaving and taking the first cost the same however many wait.</summary>
internal sealed class AdmissionQueue(int heldInARow)
{
    private readonly Dictionary<long, AdmissionWaiter> _byId = [];
    private readonly AdmissionLine _held = new();
    private readonly AdmissionLine _queued = new();

    /// <summary>Only those that named the longest they want to wait.</summary>
    private readonly SortedSet<(TimeSpan Until, long Id)> _deadlines = [];
    private int _inARow;

    public int Count => _byId.Count;

    public int Held => _held.Count;

    public long HeldBytes { get; private set; }

    public int CountOf(bool isQueued) => (isQueued ? _queued : _held).Count;

    /// <summary>Who came first of each kind: of a kind, nobody runs out before it, but those with a time of their own.</summary>
    public (AdmissionWaiter? Held, AdmissionWaiter? Queued) Heads => (_held.First, _queued.First);

    public (TimeSpan Until, long Id)? FirstDeadline => _deadlines.Count == 0 ? null : _deadlines.Min;

    public AdmissionWaiter? Find(long id) => _byId.GetValueOrDefault(id);

    public void Add(AdmissionWaiter waiter)
    {
        _byId.Add(waiter.Ask.Id, waiter);
        (waiter.Ask.IsQueued ? _queued : _held).Append(waiter);
        if (waiter.Until is { } until) _deadlines.Add((until, waiter.Ask.Id));
        if (!waiter.Ask.IsQueued) HeldBytes += waiter.Ask.Bytes;
    }

    public void Remove(AdmissionWaiter waiter)
    {
        _byId.Remove(waiter.Ask.Id);
        (waiter.Ask.IsQueued ? _queued : _held).Remove(waiter);
        if (waiter.Until is { } until) _deadlines.Remove((until, waiter.Ask.Id));
        if (!waiter.Ask.IsQueued) HeldBytes -= waiter.Ask.Bytes;
        if (_queued.Count == 0) _inARow = 0;
    }

    /// <summary>Takes out whoever goes next: those that somebody waits for, but for every so many one that nobody does.</summary>
    public AdmissionWaiter? TakeNext()
    {
        var job = _queued.First;
        var next = job is not null && (_held.First is null || _inARow >= heldInARow) ? job : _held.First;
        if (next is null) return null;
        _inARow = job is null || next == job ? 0 : _inARow + 1;
        Remove(next);
        return next;
    }
}

/// <summary>One kind of them, by their coming.</summary>
internal sealed class AdmissionLine
{
    private AdmissionWaiter? _last;

    public AdmissionWaiter? First { get; private set; }

    public int Count { get; private set; }

    public void Append(AdmissionWaiter waiter)
    {
        waiter.Before = _last;
        if (_last is null) First = waiter;
        else _last.After = waiter;
        _last = waiter;
        Count++;
    }

    public void Remove(AdmissionWaiter waiter)
    {
        if (waiter.Before is { } before) before.After = waiter.After;
        else First = waiter.After;
        if (waiter.After is { } after) after.Before = waiter.Before;
        else _last = waiter.Before;
        (waiter.Before, waiter.After) = (null, null);
        Count--;
    }
}

/// <param name="ask">What it asked for.</param>
/// <param name="joined">The clocks when it came.</param>
/// <param name="until">When its own wait is over; null for none.</param>
internal sealed class AdmissionWaiter(AdmissionAsk ask, AdmissionReading joined, TimeSpan? until)
{
    public AdmissionAsk Ask => ask;

    public AdmissionReading Joined => joined;

    public TimeSpan? Until => until;

    public AdmissionWaiter? Before { get; set; }

    public AdmissionWaiter? After { get; set; }
}
