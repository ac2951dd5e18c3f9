using Rouse.Core.Deployments;
using Rouse.Core.Scheduling;
using Rouse.Core.Tenancy;

namespace Rouse.Core.Tests.Scheduling;

/// <summary>A machine, a clock, and somebody who writes down what it said and holds it against what may be said.</summary>
internal sealed class AdmissionWorld
{
    public static readonly TenantId Alice = TenantId.Parse("alice");
    public static readonly TenantId Bob = TenantId.Parse("bob");

    private readonly List<AdmissionEffect> _effects = [];
    private readonly AdmissionLimits _limits;
    private readonly List<AdmissionAsk> _waiting = [];
    private readonly Dictionary<long, string> _inFlight = [];
    private readonly HashSet<long> _over = [];
    private IReadOnlyList<string> _backends = [];
    private int _heldInARow;
    private long _lastId;

    public AdmissionWorld(HttpService? service = null, AdmissionLimits? limits = null, AdmissionShares? shares = null)
    {
        Service = service ?? new HttpService();
        _limits = limits ?? new AdmissionLimits();
        Shares = shares ?? new AdmissionShares(_limits);
        Machine = new AdmissionMachine(_limits, Shares, Route([]), Now);
    }

    public AdmissionMachine Machine { get; }

    public AdmissionShares Shares { get; }

    public HttpService Service { get; set; }

    public StartEstimate Estimate { get; set; } = new(60, EstimateBasis.Model);

    public TimeSpan Now { get; private set; }

    public TimeSpan? Timer { get; private set; }

    public bool IsWaking { get; private set; }

    public int Wakes { get; private set; }

    public int Inversions { get; private set; }

    public Dictionary<long, string> Granted { get; } = [];

    public Dictionary<long, AdmissionRefusal> Refused { get; } = [];

    public IReadOnlyList<long> WaitingIds => [.. _waiting.Select(ask => ask.Id)];

    public IReadOnlyList<long> InFlightIds => [.. _inFlight.Keys.Order()];

    public long Ask(bool queued = false, TenantId? caller = null, long bytes = 0, double? wait = null)
    {
        var ask = new AdmissionAsk(++_lastId, caller ?? Alice, queued, bytes, wait is { } seconds ? TimeSpan.FromSeconds(seconds) : null);
        _waiting.Add(ask);
        Machine.Request(ask, Now, _effects);
        See();
        return ask.Id;
    }

    public void Leave(long id)
    {
        _waiting.RemoveAll(ask => ask.Id == id);
        _over.Add(id);
        Machine.Gone(id, Now, _effects);
        See();
    }

    public void Finish(long id)
    {
        Assert.True(_inFlight.Remove(id));
        Machine.Done(id, wasSent: true, Now, _effects);
        See();
    }

    public void Ready(params string[] backends)
    {
        _backends = backends;
        Machine.Change(Route(backends), Now, _effects);
        See();
    }

    public void End()
    {
        _backends = [];
        Machine.Change(Route([]) with { Capacity = AdmissionCapacity.Ended }, Now, _effects);
        See();
    }

    public void Stop()
    {
        Machine.Stop(Now, _effects);
        See();
    }

    /// <summary>The timer goes off before it is due, as the framework's may by part of a millisecond.</summary>
    public void GoOffEarly(double seconds)
    {
        (Now, Timer) = (Timer!.Value - TimeSpan.FromSeconds(seconds), null);
        Machine.Tick(Now, _effects);
        See();
    }

    /// <summary>As a shell would: whenever the timer is due, and no sooner.</summary>
    public void Pass(double seconds)
    {
        var until = Now + TimeSpan.FromSeconds(seconds);
        while (Timer is { } due && due <= until)
        {
            (Now, Timer) = (due > Now ? due : Now, null);
            Machine.Tick(Now, _effects);
            See();
        }

        Now = until;
    }

    private AdmissionRoute Route(IReadOnlyList<string> backends) =>
        new(backends.Count > 0 ? AdmissionCapacity.Some : AdmissionCapacity.None, backends, Service, Estimate, WakeBegan: null);

    private void See()
    {
        foreach (var effect in _effects)
        {
            switch (effect.Kind)
            {
                case AdmissionEffectKind.Grant:
                    SeeGrant(effect.Id, effect.Backend!);
                    break;
                case AdmissionEffectKind.Refuse:
                    Assert.Equal(1, _waiting.RemoveAll(ask => ask.Id == effect.Id));
                    Assert.True(_over.Add(effect.Id), "answered twice");
                    Refused.Add(effect.Id, effect.Refusal);
                    break;
                case AdmissionEffectKind.Wake:
                    Assert.False(IsWaking, "one wake is enough");
                    (IsWaking, Wakes) = (true, Wakes + 1);
                    break;
                case AdmissionEffectKind.Rest:
                    Assert.True(IsWaking);
                    IsWaking = false;
                    break;
                default:
                    Timer = effect.At;
                    break;
            }
        }

        _effects.Clear();
        if (_backends.Count > 0 || Machine.HasEnded) IsWaking = false;
        if (!_waiting.Exists(ask => ask.IsQueued)) _heldInARow = 0;
        Assert.Equal(_waiting.Count, Machine.Waiting);
        Assert.Equal(_inFlight.Count, Machine.InFlight);
        Assert.True(_waiting.Count(ask => !ask.IsQueued) <= Service.MaxQueue && _waiting.Count(ask => ask.IsQueued) <= Service.MaxQueue);
        Assert.True(_waiting.Where(ask => !ask.IsQueued).Sum(ask => ask.Bytes) <= Service.MaxQueueBytes);
        Assert.True(_waiting.Count == 0 || _backends.All(backend => InFlightAt(backend) >= Service.Concurrency), "somebody waits while a place is free");
        Assert.Equal(_waiting.Count > 0 && _backends.Count == 0, IsWaking);
        Assert.True(_waiting.Count == 0 || Timer is not null, "somebody waits without an end");
    }

    private void SeeGrant(long id, string backend)
    {
        var ask = _waiting.Single(one => one.Id == id);
        if (_waiting.First(one => one.IsQueued == ask.IsQueued).Id != id) Inversions++;
        var others = _waiting.Exists(one => one.IsQueued != ask.IsQueued);
        if (ask.IsQueued && others) Assert.True(_heldInARow >= _limits.HeldInARow, "a caller waited for a job");
        _heldInARow = ask.IsQueued || !others ? 0 : _heldInARow + 1;
        Assert.True(_heldInARow <= _limits.HeldInARow, "jobs starve");
        _waiting.Remove(ask);
        Assert.Contains(backend, _backends);
        Assert.True(_over.Add(id), "answered twice");
        _inFlight.Add(id, backend);
        Granted.Add(id, backend);
        Assert.True(InFlightAt(backend) <= Service.Concurrency, "more than it works on at a time");
    }

    public int InFlightAt(string backend) => _inFlight.Values.Count(at => at == backend);
}
