using Microsoft.Extensions.Logging.Abstractions;
using Rouse.Core.Deployments;
using Rouse.Core.Models;
using Rouse.Core.Ports;
using Rouse.Server.Background;
using Rouse.Simulation.Choices;

namespace Rouse.Simulation.Model;

/// <summary>
/// One store, one provider account, one clock and the replicas that run the real <see cref="ReconcilePass"/> against them. No
/// threads and no real time: a call completes at once on the caller's stack unless the schedule stops the caller there, and everything that can go
/// more than one way asks the <see cref="Chooser"/>.
/// </summary>
internal sealed class World(Scenario scenario, Chooser chooser, List<string>? trace = null)
{
    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(100);
    private static readonly Dictionary<string, EnvironmentValue> s_environment = new(StringComparer.Ordinal);
    private static readonly ProviderAccess s_access = new(Row.Tenant, Key: null);
    private int _faults = scenario.Faults;
    private int _preemptions = scenario.Preemptions;
    private int _pauses = scenario.Pauses;
    private bool _mayDelete = scenario.DeletesAnywhere;
    private bool _mayReport = scenario.ReportsAnywhere;
    private bool _mayJump = scenario.ClockJumps;

    public SimulatedTime Time { get; } = new();

    public Row Row { get; private set; } = null!;

    public Account Account { get; private set; } = null!;

    public List<Replica> Replicas { get; } = [];

    /// <summary>A replica was stopped for longer than its lease: for a moment two backends may live.</summary>
    public bool HasPaused => _pauses < scenario.Pauses;

    public int Version => Row.Version + Account.Version;

    /// <summary>One deployment is accepted, and every replica is up.</summary>
    public void Open()
    {
        Row = new Row(Time, TimeSpan.FromMinutes(10), scenario.Service);
        Account = new Account(Time, scenario.Traits.ListLag);
        for (var i = 0; i < scenario.Replicas; i++)
        {
            var replica = new Replica(i) { Due = Time.Now };
            replica.Pass = new ReconcilePass(Ports(replica), scenario.Limits, Time, NullLogger<ReconcilePass>.Instance);
            Replicas.Add(replica);
        }
    }

    /// <summary>Whether what the scenario allows may happen now.</summary>
    public bool Troubled { get; set; } = scenario.Trouble.HasFlag(Trouble.WhileStarting);

    /// <summary>Somebody waits for it.</summary>
    public bool IsWanted { get; set; }

    public void Delete()
    {
        Note("user", "DELETE");
        Row.Advance(Row.State.Attempt, Phase.Deleting, cause: null);
        Hint();
    }

    public void Hint()
    {
        foreach (var idle in Replicas.Where(replica => replica.Running is null && replica.Due > Time.Now)) idle.Due = Time.Now;
    }

    /// <summary>A call of a replica: first the schedule may stop it or let something else happen, then it ends in one of its ways.</summary>
    public ValueTask<T> Operate<T>(Replica replica, Operation operation, string name, Func<T> effect)
    {
        var givesUpAt = Time.GivesUpAt;
        if (Troubled) LetOthersAct();
        if (StopHere(replica) is not { } until) return Perform(replica, operation, name, effect, givesUpAt, stopped: null);
        Note(replica.Owner, "stopped before " + name);
        var stopped = new TaskCompletionSource<T>();
        (replica.Due, replica.Resume) = (until, () => _ = Perform(replica, operation, name, effect, givesUpAt, stopped));
        return new ValueTask<T>(stopped.Task);
    }

    /// <summary>The store and the provider as the replica sees them.</summary>
    public ReconcilePorts Ports(Replica replica) => new()
    {
        Store = new SimulatedStore(this, replica, scenario.Flaw),
        Providers = new Dictionary<string, IProvider>(StringComparer.Ordinal) { ["sim"] = new SimulatedProvider(this, replica, scenario) },
        Access = (_, _) => ValueTask.FromResult(s_access),
        Inspect = (_, _) => ValueTask.FromResult(new ModelInspection(16)),
        Environment = (_, _, _) => ValueTask.FromResult<IReadOnlyDictionary<string, EnvironmentValue>>(s_environment),
        HasWork = (_, _) => ValueTask.FromResult(IsWanted),
        Answers = row => row.Backend is { } backend && Account.Answers(backend),
        Installation = "rouse",
        Owner = replica.Owner,
    };

    public void Note(string who, string what) => trace?.Add(FormattableString.Invariant($"{Time.Elapsed.TotalSeconds,8:0.00} s  {who,-5} {what}"));

    private void LetOthersAct()
    {
        if (_mayDelete && !Row.State.Phase.IsEnded() && chooser.Choose(2) == 1)
        {
            _mayDelete = false;
            Delete();
        }

        if (_mayJump && chooser.Choose(3) is var jump and > 0)
        {
            _mayJump = false;
            Time.WallError = TimeSpan.FromHours(jump == 1 ? 1 : -1);
            Note("clock", jump == 1 ? "an hour ahead" : "an hour back");
        }

        if (_mayReport && Account.Alive > 0 && chooser.Choose(2) == 1)
        {
            _mayReport = false;
            Note("work", "reports ready");
            Row.Report(Phase.Ready);
        }
    }

    /// <returns>Null to go on, else when the replica may.</returns>
    private DateTimeOffset? StopHere(Replica replica)
    {
        var preempt = Troubled && _preemptions > 0 && Replicas.Exists(other => other != replica && other.Due <= Time.Now);
        var pause = Troubled && _pauses > 0 && _preemptions > 0;
        var choice = preempt || pause ? chooser.Choose(1 + (preempt ? 1 : 0) + (pause ? 1 : 0)) : 0;
        if (choice == 0) return null;
        _preemptions--;
        if (preempt && choice == 1) return Time.Now;
        _pauses--;
        return Time.Now + s_pause;
    }

    private ValueTask<T> Perform<T>(
        Replica replica, Operation operation, string name, Func<T> effect, DateTimeOffset givesUpAt, TaskCompletionSource<T>? stopped)
    {
        Time.Now += s_tick;
        var ending = Ending.Done;
        if (Troubled && _faults > 0)
        {
            var endings = Endings.Of(operation);
            ending = endings[chooser.Choose(endings.Length - (operation == Operation.List && Account.Alive == 0 ? 1 : 0))];
            if (ending != Ending.Done) _faults--;
        }

        if (trace is not null) Note(replica.Owner, ending == Ending.Done ? name : $"{name}: {ending}");
        var isStore = operation is Operation.StoreRead or Operation.StoreWrite;
        switch (ending)
        {
            case Ending.Done:
                break;
            case Ending.Failed:
                return Throw(stopped, isStore ? new IOException("store") : new ProviderException(ProviderFault.Unknown, "broken"));
            case Ending.Refused:
                return Throw(stopped, new ProviderException(ProviderFault.Capacity, "none left"));
            case Ending.Vanished:
                Account.LoseAll();
                break;
            case Ending.Lost when isStore:
                effect();
                return Throw(stopped, new IOException("store"));
            case Ending.Lost:
                effect();
                if (operation == Operation.Create) Account.ShowLate(givesUpAt);
                var waiting = stopped ?? new TaskCompletionSource<T>();
                (replica.Due, replica.Resume) = (givesUpAt, () => waiting.SetException(new OperationCanceledException()));
                return new ValueTask<T>(waiting.Task);
            case Ending.CrashedDuring:
                effect();
                Account.ShowLate(givesUpAt);
                goto default;
            default:
                replica.Crashed = true;
                return new ValueTask<T>(new TaskCompletionSource<T>().Task);
        }

        var result = effect();
        if (stopped is null) return new ValueTask<T>(result);
        stopped.SetResult(result);
        return new ValueTask<T>(stopped.Task);
    }

    private static ValueTask<T> Throw<T>(TaskCompletionSource<T>? stopped, Exception failure)
    {
        if (stopped is null) return ValueTask.FromException<T>(failure);
        stopped.SetException(failure);
        return new ValueTask<T>(stopped.Task);
    }
}
