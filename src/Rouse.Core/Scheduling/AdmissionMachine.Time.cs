namespace Rouse.Core.Scheduling;

/// <content>Who has waited too long, and how long that will be for others.</content>
public sealed partial class AdmissionMachine
{
    private TimeSpan _service;
    private bool _hasMeasured;

    /// <summary>The moving average of how long a request takes.</summary>
    public TimeSpan ServiceTime => _service;

    /// <summary>Of a request that asked now: its position among those that wait, from 1, and how long it would wait; 0 and none when a place is free.</summary>
    public (int Position, TimeSpan Wait) Outlook(TimeSpan now)
    {
        if (HasEnded || _inFlight.Count < _slots.Places) return default;
        var position = _queue.Count + 1;
        return (position, WaitAt(position, now));
    }

    private void Learn(TimeSpan took)
    {
        _service = _hasMeasured ? (_service * (1 - _limits.ServiceWeight)) + (took * _limits.ServiceWeight) : took;
        _hasMeasured = true;
    }

    private TimeSpan WaitAt(int position, TimeSpan now)
    {
        if (HasCapacity) return _service * ((double)position / _slots.Places);
        // What wakes is one backend at first; the first of those that wait go at once, the others when those are done.
        return WakeLeft(now) + (_service * ((position - 1) / _slots.Concurrency));
    }

    private TimeSpan WakeLeft(TimeSpan now)
    {
        var began = _route.WakeBegan ?? _wakeAsked ?? now;
        return TimeSpan.FromSeconds(_route.WakeEstimate.Remaining(now - began));
    }

    private void Refuse(long id, AdmissionReason reason, TimeSpan now, List<AdmissionEffect> effects)
    {
        var refusal = reason switch
        {
            AdmissionReason.Ended => new AdmissionRefusal(reason, TimeSpan.Zero, 0, TimeSpan.Zero),
            AdmissionReason.Stopping => new AdmissionRefusal(reason, _limits.AfterStop, 0, TimeSpan.Zero),
            _ => new AdmissionRefusal(reason, PlaceFree(now), _queue.Count + 1, WaitAt(_queue.Count + 1, now)),
        };
        effects.Add(new AdmissionEffect(AdmissionEffectKind.Refuse, id, Refusal: refusal));
    }

    /// <summary>When the next of those that wait is expected to go; at least a second, so that nobody asks all the time.</summary>
    private TimeSpan PlaceFree(TimeSpan now)
    {
        var wait = WaitAt(1, now);
        return wait > TimeSpan.FromSeconds(1) ? wait : TimeSpan.FromSeconds(1);
    }

    private void Advance(TimeSpan now, List<AdmissionEffect> effects)
    {
        if (_timer is not { } due || now < due) return;
        _timer = null;
        var reading = _clocks.Read(now);
        while (_queue.Heads.Held is { } held && Left(held, reading) <= TimeSpan.Zero) Expire(held, now, effects);
        while (_queue.Heads.Queued is { } queued && Left(queued, reading) <= TimeSpan.Zero) Expire(queued, now, effects);
        while (_queue.FirstDeadline is { } first && first.Until <= now) Expire(_queue.Find(first.Id)!, now, effects);
    }

    private void Expire(AdmissionWaiter waiter, TimeSpan now, List<AdmissionEffect> effects)
    {
        Leave(waiter);
        Refuse(waiter.Ask.Id, Timeout(), now, effects);
    }

    private TimeSpan Left(AdmissionWaiter waiter, AdmissionReading reading) => HasCapacity
        ? _route.Service.BusyTimeout - (reading.Busy - waiter.Joined.Busy)
        : _route.Service.WakeTimeout - (reading.Waking - waiter.Joined.Waking);

    /// <summary>A timer that is set too early costs one look; so it is only ever moved forward.</summary>
    private void SetTimer(TimeSpan now, List<AdmissionEffect> effects)
    {
        if (_queue.Count == 0) return;
        var reading = _clocks.Read(now);
        var due = TimeSpan.MaxValue;
        var (held, queued) = _queue.Heads;
        if (held is not null) due = now + Left(held, reading);
        if (queued is not null && now + Left(queued, reading) is var jobs && jobs < due) due = jobs;
        if (_queue.FirstDeadline is { } first && first.Until < due) due = first.Until;
        if (_timer <= due) return;
        _timer = due;
        effects.Add(new AdmissionEffect(AdmissionEffectKind.SetTimer, At: due));
    }
}
