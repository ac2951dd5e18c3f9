using Microsoft.Extensions.Logging.Abstractions;
using Rouse.Core.Deployments;
using Rouse.Core.Ports;
using Rouse.Server.Background;
using Rouse.Simulation.Choices;

namespace Rouse.Simulation.Model;

/// <summary>
/// One schedule from the accepted deployment to its end: trouble while it starts, rest, the user's delete with what trouble is left, rest, and the
/// sweep where a holder was paused. At each rest the invariants are checked.
/// </summary>
internal sealed class Run
{
    private const int MaxPasses = 3000;
    private static readonly TimeSpan s_restart = TimeSpan.FromSeconds(1);
    private readonly World _world;
    private readonly Scenario _scenario;

    public Run(Scenario scenario, Chooser chooser, List<string>? trace = null)
    {
        _scenario = scenario;
        _world = new World(scenario, chooser, trace);
        _world.Open();
    }

    /// <summary>The most backends that lived at one time.</summary>
    public int MostAlive => _world.Account.MostAlive;

    /// <returns>The invariant that does not hold, or null.</returns>
    public string? Execute() => ToRest() ?? CheckRest() ?? PutAway() ?? Delete() ?? ToRest() ?? Sweep() ?? CheckDeleted();

    private string? ToRest()
    {
        for (var passes = 0; passes < MaxPasses; passes++)
        {
            if (IsAtRest()) return null;
            var replica = Next();
            if (replica.Due > _world.Time.Now) _world.Time.Now = replica.Due;
            Step(replica);
            if (_world.Account.MostAlive > 1 && !_world.HasPaused) return "two backends of one deployment lived at once";
        }

        return $"it does not come to rest: {_world.Row.State.Phase}, attempt {_world.Row.State.Attempt}";
    }

    private Replica Next()
    {
        var next = _world.Replicas[0];
        foreach (var other in _world.Replicas)
        {
            // A replica that gives way is due now as well, so of two that are due the one that is not inside a pass goes first.
            if (other.Due < next.Due || (other.Due == next.Due && other.Resume is null && next.Resume is not null)) next = other;
        }

        return next;
    }

    private void Step(Replica replica)
    {
        if (replica.Resume is { } resume)
        {
            replica.Resume = null;
            resume();
        }
        else
        {
            (replica.Listed, replica.Began, replica.Content) = (false, (_world.Version, _world.Time.Now), null);
            replica.Running = replica.Pass.RunAsync(Row.Tenant, Row.Id, CancellationToken.None).AsTask();
        }

        if (replica.Crashed)
        {
            (replica.Crashed, replica.Running, replica.Resume) = (false, null, null);
            replica.Due = _world.Time.Now + s_restart;
        }
        else if (replica.Running is { IsCompleted: true } ended)
        {
            replica.Running = null;
            var failed = ended.Exception is not null || ended.Result.Fault is not null;
            replica.Failures = failed ? replica.Failures + 1 : 0;
            TimeSpan? again = failed ? TimeSpan.FromSeconds(Math.Min(60, 1 << Math.Min(replica.Failures, 6))) : ended.Result.Again;
            if (!failed && replica.Listed && again == _scenario.Limits.Poll) replica.Content = replica.Began;
            replica.Due = again is { } delay ? _world.Time.Now + delay : DateTimeOffset.MaxValue;
        }
    }

    private bool IsAtRest()
    {
        var content = false;
        foreach (var replica in _world.Replicas)
        {
            if (replica.Running is not null) return false;
            content |= replica.Content is { } at && at.Version == _world.Version && at.At >= _world.Account.ListIsTrueAt;
        }

        var row = _world.Row.State;
        return row.Phase is Phase.Failed or Phase.Deleted ? row.ReleasedAt is not null
            : content && (row.Phase == Phase.Ready || (row is { Phase: Phase.Hibernated, Backend: { } backend } && !_world.IsWanted && _world.Account.IsAsleep(backend)));
    }

    private string? CheckRest()
    {
        var row = _world.Row.State;
        var isReady = row.Phase is Phase.Ready or Phase.Hibernated;
        if (isReady && (row.Backend is not { } backend || !_world.Account.IsAlive(backend))) return "the row points to a dead backend";
        var claimed = isReady ? 1 : 0;
        // What a paused holder made after the deployment ended is left to the sweep.
        return _world.Account.Alive == claimed || (_world.HasPaused && row.Phase.IsEnded()) ? null : "a backend lives that no row claims";
    }

    /// <summary>A wake that is refused, breaks off or whose caller dies must still end ready, or failed with nothing left.</summary>
    private string? PutAway()
    {
        if (!_scenario.Hibernates || !_world.Row.Advance(_world.Row.State.Attempt, Phase.Hibernated, cause: null)) return null;
        _world.Troubled = _scenario.Trouble.HasFlag(Trouble.WhileSleeping);
        _world.Hint();
        if ((ToRest() ?? CheckRest()) is { } violation) return violation;
        _world.IsWanted = true;
        _world.Hint();
        return ToRest() ?? CheckRest() ?? (_world.Row.State.Phase == Phase.Hibernated ? "nobody wakes it" : null);
    }

    private string? Delete()
    {
        if (_world.Row.State.Phase != Phase.Deleted) _world.Delete();
        _world.Troubled = _scenario.Trouble.HasFlag(Trouble.WhileDeleting);
        return null;
    }

    private string? Sweep()
    {
        if (_world.Account.Alive == 0) return null;
        if (!_world.HasPaused || !_scenario.Sweeps) return "a backend lives after the deployment was deleted";
        _world.Troubled = false;
        _world.Time.Now += _scenario.Traits.ListLag;
        var sweeper = _world.Replicas[0];
        var sweep = new Sweep(
            _world.Ports(sweeper),
            _ => ValueTask.FromResult<IReadOnlyList<ProviderAccount>>([new ProviderAccount(Row.Tenant, "sim")]),
            (_, _) => _world.Hint(),
            new SweepOptions(),
            _world.Time,
            NullLogger<Sweep>.Instance);
        if (!sweep.RunOnceAsync(CancellationToken.None).IsCompletedSuccessfully) return "the sweep failed";
        for (var passes = 0; passes < MaxPasses && sweeper.Due != DateTimeOffset.MaxValue; passes++)
        {
            _world.Time.Now = sweeper.Due > _world.Time.Now ? sweeper.Due : _world.Time.Now;
            Step(sweeper);
        }

        return null;
    }

    private string? CheckDeleted() =>
        _world.Account.Alive > 0 ? "a backend lives after the sweep"
        : _world.Row.State.Phase != Phase.Deleted ? $"the deleted deployment is {_world.Row.State.Phase}"
        : null;
}
