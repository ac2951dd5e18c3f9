namespace Rouse.Core.Scheduling;

/// <summary>
/// Who may be sent to a deployment's backends, who waits, and who is refused. Events in, effects out; it has no clock, no task and no lock, and one
/// caller at a time.
/// <code>
///                 place free                               Done
///   Request ──────────────────────► Grant ── in flight ──────────► forgotten
///      │  │ no place                  ▲
///      │  └────► waits ───────────────┘ a place is free: those whose caller waits first, then by their coming
///      │           │
///      │           ├── Gone ─────► forgotten, never granted
///      ▼           ▼
///    Refuse ◄── a clock has run out, Ended, Stop
/// </code>
/// While there is no capacity all who wait have joined one wake. Nobody waits while a place is free, after every event.
/// </summary>
public sealed partial class AdmissionMachine
{
    private readonly AdmissionLimits _limits;
    private readonly AdmissionShares _shares;
    private readonly AdmissionQueue _queue;
    private readonly AdmissionSlots _slots = new();
    private readonly AdmissionClocks _clocks;
    private readonly Dictionary<long, (AdmissionSlot Slot, TimeSpan Since)> _inFlight = [];
    private AdmissionRoute _route;
    private TimeSpan? _timer;
    private TimeSpan? _wakeAsked;
    private bool _isStopping;

    public AdmissionMachine(AdmissionLimits limits, AdmissionShares shares, AdmissionRoute route, TimeSpan now)
    {
        (_limits, _shares, _route, _service) = (limits, shares, route, limits.FirstService);
        _queue = new AdmissionQueue(limits.HeldInARow);
        _clocks = new AdmissionClocks(hasCapacity: false, now);
        Apply(route, now);
    }

    /// <summary>Requests that wait.</summary>
    public int Waiting => _queue.Count;

    /// <summary>Requests granted and not done.</summary>
    public int InFlight => _inFlight.Count;

    public bool HasCapacity => _clocks.HasCapacity;

    public bool HasEnded => _route.Capacity == AdmissionCapacity.Ended;

    /// <summary>A request comes. It is granted or refused at once, or waits.</summary>
    public void Request(in AdmissionAsk ask, TimeSpan now, List<AdmissionEffect> effects)
    {
        Advance(now, effects);
        if (HasEnded) Refuse(ask.Id, AdmissionReason.Ended, now, effects);
        else if (_slots.TryTake() is { } slot) Grant(ask.Id, slot, now, effects);
        else if (WhyNotWait(ask) is { } reason) Refuse(ask.Id, reason, now, effects);
        else _queue.Add(new AdmissionWaiter(ask, _clocks.Read(now), ask.Wait is { } wait ? now + wait : null));
        Settle(now, effects);
    }

    /// <summary>The caller of a request that waits has left. Of any other, this says nothing: what is in flight ends with <see cref="Done"/>.</summary>
    public void Gone(long id, TimeSpan now, List<AdmissionEffect> effects)
    {
        Advance(now, effects);
        if (_queue.Find(id) is { } waiter) Leave(waiter);
        Settle(now, effects);
    }

    /// <summary>What was granted is over.</summary>
    /// <param name="wasSent">False when nothing was sent, so that nothing can be learned from how long it took.</param>
    public void Done(long id, bool wasSent, TimeSpan now, List<AdmissionEffect> effects)
    {
        if (!_inFlight.Remove(id, out var place)) return;
        _slots.Return(place.Slot);
        if (wasSent) Learn(now - place.Since);
        Advance(now, effects);
        Dispense(now, effects);
        Settle(now, effects);
    }

    /// <summary>The deployment, or something of it, is otherwise than before.</summary>
    public void Change(AdmissionRoute route, TimeSpan now, List<AdmissionEffect> effects)
    {
        Advance(now, effects);
        Apply(route, now);
        if (HasEnded) RefuseAll(AdmissionReason.Ended, now, effects);
        Dispense(now, effects);
        Settle(now, effects);
    }

    /// <summary>The timer has gone off, perhaps a little early: then it is set again, because nothing else would.</summary>
    public void Tick(TimeSpan now, List<AdmissionEffect> effects)
    {
        Advance(now, effects);
        _timer = null;
        Settle(now, effects);
    }

    /// <summary>Nobody waits from now on; a request for which a place is free is still granted.</summary>
    public void Stop(TimeSpan now, List<AdmissionEffect> effects)
    {
        _isStopping = true;
        RefuseAll(AdmissionReason.Stopping, now, effects);
        Settle(now, effects);
    }

    private void Apply(AdmissionRoute route, TimeSpan now)
    {
        _route = route;
        _slots.Change(route.Capacity == AdmissionCapacity.Some ? route.Backends : [], route.Service.Concurrency);
        _clocks.Change(_slots.Places > 0, now);
    }

    private AdmissionReason? WhyNotWait(in AdmissionAsk ask)
    {
        if (_isStopping) return AdmissionReason.Stopping;
        if (ask.Wait <= TimeSpan.Zero) return Timeout();
        if (_queue.CountOf(ask.IsQueued) >= _route.Service.MaxQueue) return AdmissionReason.QueueFull;
        // The bodies of jobs lie on disk, and their number has a bound of its own.
        if (ask.IsQueued) return null;
        if (ask.Bytes > _route.Service.MaxQueueBytes - _queue.HeldBytes) return AdmissionReason.QueueBytesFull;
        return _shares.TryTake(ask.Caller, ask.Bytes) ? null : AdmissionReason.TenantFull;
    }

    private AdmissionReason Timeout() => HasCapacity ? AdmissionReason.BusyTimeout : AdmissionReason.WakeTimeout;

    private void Dispense(TimeSpan now, List<AdmissionEffect> effects)
    {
        while (_queue.Count > 0 && _slots.TryTake() is { } slot)
        {
            var next = _queue.TakeNext()!;
            GiveBack(next);
            Grant(next.Ask.Id, slot, now, effects);
        }
    }

    private void Grant(long id, AdmissionSlot slot, TimeSpan now, List<AdmissionEffect> effects)
    {
        _inFlight.Add(id, (slot, now));
        effects.Add(new AdmissionEffect(AdmissionEffectKind.Grant, id, slot.Backend));
    }

    private void RefuseAll(AdmissionReason reason, TimeSpan now, List<AdmissionEffect> effects)
    {
        while (_queue.TakeNext() is { } waiter)
        {
            GiveBack(waiter);
            Refuse(waiter.Ask.Id, reason, now, effects);
        }
    }

    private void Leave(AdmissionWaiter waiter)
    {
        _queue.Remove(waiter);
        GiveBack(waiter);
    }

    private void GiveBack(AdmissionWaiter waiter)
    {
        if (!waiter.Ask.IsQueued) _shares.Return(waiter.Ask.Caller, waiter.Ask.Bytes);
    }

    /// <summary>One wake for all who wait, for as long as somebody does.</summary>
    private void Settle(TimeSpan now, List<AdmissionEffect> effects)
    {
        var wants = _queue.Count > 0 && !HasCapacity;
        if (wants && _wakeAsked is null)
        {
            _wakeAsked = now;
            effects.Add(new AdmissionEffect(AdmissionEffectKind.Wake));
        }
        else if (!wants && _wakeAsked is not null)
        {
            _wakeAsked = null;
            if (!HasCapacity && !HasEnded) effects.Add(new AdmissionEffect(AdmissionEffectKind.Rest));
        }

        SetTimer(now, effects);
    }
}
