using System.Collections.Concurrent;
using Rouse.Core.Deployments;
using Rouse.Core.Ports;
using Rouse.Core.Scheduling;
using Rouse.Gateway.Routing;

namespace Rouse.Gateway.Admission;

/// <summary>
/// One deployment's <see cref="AdmissionMachine"/> and what carries its effects out. Whoever brings an event runs it, if nobody is at it, and what others
/// brought meanwhile; so no lock is held and nobody waits, and a request for which a place is free gets it without a task.
/// </summary>
internal sealed class Door : IDisposable
{
    /// <summary>Events of others that one thread runs before it goes on with its own work and leaves the rest to another. 256: some tenths of a millisecond.</summary>
    private const int Batch = 256;

    private readonly Lobby _lobby;
    private readonly DeploymentId _id;
    private readonly AdmissionMachine _machine;
    private readonly ConcurrentQueue<DoorEvent> _mail = new();
    private readonly Dictionary<long, Waiter> _waiters = [];
    private readonly List<AdmissionEffect> _effects = [];
    private readonly Action<Grant> _release;
    private readonly ITimer _timer;
    private Route _route;
    private long _lastId;
    private long _lastByte;
    private int _busy;
    private int _isToLook;
    private int _isForgotten;
    private int _waiting;
    private int _inFlight;

    public Door(Lobby lobby, Route route)
    {
        (_lobby, _id, _route, _release) = (lobby, route.Deployment, route, Release);
        _machine = new AdmissionMachine(lobby.Limits, lobby.Shares, Seen(route), lobby.Now);
        _timer = lobby.Time.CreateTimer(static state => ((Door)state!).Post(new DoorEvent(DoorEventKind.Tick)), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public Demand Demand => new(Volatile.Read(ref _waiting), Volatile.Read(ref _inFlight), Volatile.Read(ref _lastByte) is var at and > 0 ? _lobby.At(at) : null);

    /// <summary>Null: this door is closed for good, and its deployment has another by now.</summary>
    public ValueTask<Admitted>? Enter(in Ask ask, CancellationToken gone)
    {
        if (Volatile.Read(ref _isForgotten) == 1) return null;
        var now = _lobby.Now;
        var request = new AdmissionAsk(Interlocked.Increment(ref _lastId), ask.Caller, ask.Priority == AskPriority.Queued, ask.Bytes, ask.Wait);
        if (!_mail.IsEmpty || Interlocked.CompareExchange(ref _busy, 1, 0) != 0) return WaitAsync(new DoorEvent(DoorEventKind.Request, request.Id, request, Waiter(request, now, gone)));

        Admitted? answer = null;
        Waiter? waiter = null;
        try
        {
            var cold = !_machine.HasCapacity;
            _machine.Request(request, now, _effects);
            if (_effects is [var only] && only.Id == request.Id)
            {
                answer = only.Kind == AdmissionEffectKind.Grant
                    ? new Admitted(NewGrant(request.Id, only.Backend!, TimeSpan.Zero, cold), null)
                    : new Admitted(null, only.Refusal);
                _effects.Clear();
            }
            else
            {
                waiter = Waiter(request, now, gone);
                waiter.IsCold = cold;
                _waiters.Add(request.Id, waiter);
                CarryOut();
            }
        }
        finally
        {
            Leave();
        }

        Drain();
        return answer is { } at ? ValueTask.FromResult(at) : waiter!.WatchAsync(gone);
    }

    public void Post(in DoorEvent news)
    {
        if (_mail.IsEmpty && Interlocked.CompareExchange(ref _busy, 1, 0) == 0)
        {
            try
            {
                Handle(news);
                CarryOut();
            }
            finally
            {
                Leave();
            }
        }
        else
        {
            _mail.Enqueue(news);
        }

        Drain();
    }

    /// <summary>The route is otherwise than before. However often that is said before somebody looks, one look is enough.</summary>
    public void Look()
    {
        if (Interlocked.Exchange(ref _isToLook, 1) == 0) Post(new DoorEvent(DoorEventKind.Look));
    }

    public void Dispose() => _timer.Dispose();

    private ValueTask<Admitted> WaitAsync(in DoorEvent request)
    {
        Post(request);
        return request.Waiter!.WatchAsync(request.Waiter.Caller);
    }

    private void Drain()
    {
        var handled = 0;
        while (!_mail.IsEmpty && Interlocked.CompareExchange(ref _busy, 1, 0) == 0)
        {
            try
            {
                while (handled < Batch && _mail.TryDequeue(out var news))
                {
                    Handle(news);
                    CarryOut();
                    handled++;
                }
            }
            finally
            {
                Leave();
            }

            if (handled < Batch) continue;
            ThreadPool.UnsafeQueueUserWorkItem(static door => door.Drain(), this, preferLocal: false);
            return;
        }
    }

    /// <summary>What came while this thread was at it is seen by whoever looks next: each looks once more after this.</summary>
    private void Leave()
    {
        Volatile.Write(ref _waiting, _machine.Waiting);
        Volatile.Write(ref _inFlight, _machine.InFlight);
        if (_machine is { HasEnded: true, InFlight: 0, Waiting: 0 } && _mail.IsEmpty && Interlocked.Exchange(ref _isForgotten, 1) == 0) _lobby.Forget(_id, this);
        Interlocked.Exchange(ref _busy, 0);
    }

    private void Handle(in DoorEvent news)
    {
        var now = _lobby.Now;
        switch (news.Kind)
        {
            case DoorEventKind.Request:
                news.Waiter!.IsCold = !_machine.HasCapacity;
                _waiters.Add(news.Id, news.Waiter);
                _machine.Request(news.Ask, now, _effects);
                break;
            case DoorEventKind.Gone:
                _machine.Gone(news.Id, now, _effects);
                if (_waiters.Remove(news.Id, out var left)) left.Leave();
                break;
            case DoorEventKind.Done or DoorEventKind.Unsent:
                Volatile.Write(ref _lastByte, Math.Max(1, _lobby.Time.GetTimestamp()));
                _machine.Done(news.Id, wasSent: news.Kind == DoorEventKind.Done, now, _effects);
                break;
            case DoorEventKind.Look:
                Interlocked.Exchange(ref _isToLook, 0);
                _route = _lobby.Routes.Find(_id) ?? _route with { State = RouteState.Ended, Backends = [] };
                _machine.Change(Seen(_route), now, _effects);
                break;
            case DoorEventKind.Stop:
                _machine.Stop(now, _effects);
                break;
            default:
                _machine.Tick(now, _effects);
                break;
        }
    }

    private void CarryOut()
    {
        // What one effect leads to comes after those that there are.
        for (var i = 0; i < _effects.Count; i++)
        {
            var effect = _effects[i];
            switch (effect.Kind)
            {
                case AdmissionEffectKind.Grant:
                    Give(effect);
                    break;
                case AdmissionEffectKind.Refuse:
                    if (_waiters.Remove(effect.Id, out var refused)) refused.Answer(new Admitted(null, effect.Refusal));
                    break;
                case AdmissionEffectKind.SetTimer:
                    _timer.Change(Until(effect.At), Timeout.InfiniteTimeSpan);
                    break;
                default:
                    _lobby.Waker.Hint(_route.Tenant, _id);
                    break;
            }
        }

        _effects.Clear();
    }

    private void Give(in AdmissionEffect effect)
    {
        // It left, and that event is still on its way: the place is for somebody who is there.
        if (!_waiters.Remove(effect.Id, out var waiter) || waiter.Caller.IsCancellationRequested)
        {
            waiter?.Leave();
            _machine.Done(effect.Id, wasSent: false, _lobby.Now, _effects);
            return;
        }

        waiter.Answer(new Admitted(NewGrant(effect.Id, effect.Backend!, _lobby.Now - waiter.Came, waiter.IsCold), null));
    }

    private Grant NewGrant(long id, string backend, TimeSpan waited, bool cold)
    {
        foreach (var one in _route.Backends)
        {
            if (one.Id == backend) return new Grant(_route, one, waited, cold, _release) { Ticket = id };
        }

        throw new InvalidOperationException($"{_id} has no backend {backend}.");
    }

    private void Release(Grant grant) => Post(new DoorEvent(grant.NothingSent ? DoorEventKind.Unsent : DoorEventKind.Done, grant.Ticket));

    private Waiter Waiter(in AdmissionAsk ask, TimeSpan now, CancellationToken gone) => new(this, ask.Id, now, gone);

    /// <summary>Timers count whole milliseconds and may fire within the one before.</summary>
    private TimeSpan Until(TimeSpan due)
    {
        var left = due - _lobby.Now;
        return left <= TimeSpan.Zero ? TimeSpan.Zero : left >= Lobby.LongestTimer ? Lobby.LongestTimer : TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds));
    }

    private AdmissionRoute Seen(Route route) => new(
        route.State switch { RouteState.Ready => AdmissionCapacity.Some, RouteState.NotReady => AdmissionCapacity.None, _ => AdmissionCapacity.Ended },
        [.. route.Backends.Select(backend => backend.Id)], route.Service, route.WakeEstimate,
        route.WakingSince is { } since ? _lobby.Now - (_lobby.Time.GetUtcNow() - since) : null);
}

/// <summary>What a door is told.</summary>
internal readonly record struct DoorEvent(DoorEventKind Kind, long Id = 0, AdmissionAsk Ask = default, Waiter? Waiter = null);

internal enum DoorEventKind
{
    Tick,

    Request,

    Gone,

    Done,

    /// <summary>The same, and nothing was sent.</summary>
    Unsent,

    /// <summary>The route is otherwise than before.</summary>
    Look,

    Stop,
}
