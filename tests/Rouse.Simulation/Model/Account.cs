using System.Globalization;
using Rouse.Core.Deployments;
using Rouse.Core.Ports;

namespace Rouse.Simulation.Model;

/// <summary>What lives, and is billed, at the provider. Its list lags behind creates and deletes.</summary>
internal sealed class Account(SimulatedTime time, TimeSpan lag)
{
    private static readonly TimeSpan s_start = TimeSpan.FromSeconds(3);
    private static readonly BackendTrouble s_throttled = new(new FailureCause(FailureCodes.NoCapacity, "Its workers wait for GPUs."), Fatal: false);
    private readonly List<Billed> _backends = [];

    public int Alive { get; private set; }

    public int MostAlive { get; private set; }

    public int Version { get; private set; }

    /// <summary>When the list will have caught up with everything so far.</summary>
    public DateTimeOffset ListIsTrueAt { get; private set; }

    public bool IsAlive(BackendId id) => _backends.Exists(backend => backend.Id == id && backend.IsAlive);

    /// <param name="asleep">It gets its first worker only once it is woken.</param>
    /// <param name="starved">It never gets one.</param>
    public BackendId Create(BackendName name, bool asleep = false, bool starved = false)
    {
        var id = new BackendId((_backends.Count + 1).ToString(CultureInfo.InvariantCulture));
        var backend = new Billed(id, name) { Woken = asleep ? null : time.Now, IsStarved = starved, ShownAt = time.Now + lag };
        _backends.Add(backend);
        (Alive, Version) = (Alive + 1, Version + 1);
        MostAlive = Math.Max(MostAlive, Alive);
        ListIsTrueAt = backend.ShownAt;
        return backend.Id;
    }

    /// <summary>What the last create made was made no sooner than its caller gave up, or later where the caller was held up.</summary>
    public void ShowLate(DateTimeOffset givenUpAt) =>
        ListIsTrueAt = _backends[^1].ShownAt = (givenUpAt > time.Now ? givenUpAt : time.Now) + lag;

    public bool Wake(BackendId id)
    {
        if (_backends.Find(backend => backend.Id == id && backend.IsAlive) is { } found) found.Woken ??= time.Now;
        return true;
    }

    public bool Sleep(BackendId id)
    {
        if (_backends.Find(backend => backend.Id == id && backend.IsAlive) is not { Woken: not null } found) return true;
        (found.Woken, Version) = (null, Version + 1);
        return true;
    }

    public bool IsAsleep(BackendId id) => _backends.Exists(backend => backend.Id == id && backend is { IsAlive: true, Woken: null });

    /// <summary>It answers requests.</summary>
    public bool Answers(BackendId id) => _backends.Exists(backend => backend.Id == id && backend is { IsAlive: true, IsStarved: false } && time.Now >= backend.Woken + s_start);

    public bool Delete(BackendId id)
    {
        if (_backends.Find(backend => backend.Id == id && backend.IsAlive) is not { } found) return true;
        (found.IsAlive, found.HiddenAt) = (false, time.Now + lag);
        (Alive, Version) = (Alive - 1, Version + 1);
        return true;
    }

    /// <summary>The provider takes away what it sold.</summary>
    public void LoseAll()
    {
        foreach (var backend in _backends.Where(backend => backend.IsAlive)) backend.HiddenAt = time.Now;
        _backends.ForEach(backend => backend.IsAlive = false);
        (Alive, Version) = (0, Version + 1);
    }

    public IReadOnlyList<ObservedBackend> List(OwnerPrefix prefix) =>
        [.. _backends.Where(backend => backend.ShownAt <= time.Now && time.Now < backend.HiddenAt && backend.Name.Owner == prefix).Select(Observe)];

    private ObservedBackend Observe(Billed backend)
    {
        if (backend.Woken is not { } woken) return new ObservedBackend(backend.Id, backend.Name, BackendStatus.Sleeping);
        if (backend.IsStarved) return new ObservedBackend(backend.Id, backend.Name, BackendStatus.Starting, Trouble: s_throttled);
        var ready = time.Now >= woken + s_start;
        return new ObservedBackend(backend.Id, backend.Name, ready ? BackendStatus.Running : BackendStatus.Starting, ready ? 1 : 0, 1);
    }

    private sealed class Billed(BackendId id, BackendName name)
    {
        public BackendId Id => id;

        public BackendName Name => name;

        public bool IsAlive { get; set; } = true;

        public bool IsStarved { get; init; }

        public DateTimeOffset? Woken { get; set; }

        public DateTimeOffset ShownAt { get; set; }

        public DateTimeOffset HiddenAt { get; set; } = DateTimeOffset.MaxValue;
    }
}
