using Rouse.Core.Deployments;
using Rouse.Core.Models;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;

namespace Rouse.Simulation.Model;

/// <summary>The one deployment of a run, with the meaning that <see cref="IReconcileStore"/> gives to each write.</summary>
internal sealed class Row(SimulatedTime time, TimeSpan startTimeout, HttpService? service = null)
{
    public static readonly TenantId Tenant = TenantId.Parse("tenant");
    public static readonly DeploymentId Id = DeploymentId.FromRandom(new byte[Core.Ids.RandomBytes]);
    private static readonly ModelRef s_model = ModelRef.Parse("hf:org/name");

    private string? _holder;
    private DateTimeOffset _heldUntil;

    public DeploymentState State { get; private set; } = new()
    {
        Tenant = Tenant,
        Id = Id,
        Spec = new DeploymentSpec { Model = s_model, Provider = "sim", Workers = new WorkerScaling { StartTimeout = startTimeout }, Service = service },
        CreatedAt = time.Now,
        Deadline = time.Now + startTimeout,
    };

    /// <summary>Changes with each write that changes what is true.</summary>
    public int Version { get; private set; }

    public bool TryLease(string owner, TimeSpan length)
    {
        if (_holder is not null && _holder != owner && time.Now < _heldUntil) return false;
        (_holder, _heldUntil) = (owner, time.Now + length);
        return true;
    }

    public bool Release(string owner)
    {
        if (_holder == owner) _holder = null;
        return true;
    }

    public bool BeginAttempt(int expected, Offer offer, IReadOnlyList<string> tried) => Write(
        State.Attempt == expected && !State.Phase.IsEnded() && State.Backend is null,
        State with
        {
            Attempt = expected + 1,
            AttemptAt = time.Now,
            Outcome = AttemptOutcome.Pending,
            Refusal = null,
            Offer = offer,
            Tried = tried,
            Phase = Phase.CreatingEndpoint,
        });

    public bool RecordBackend(int attempt, BackendId backend) => Write(
        State.Attempt == attempt && !State.Phase.IsEnded() && (State.Backend is null || State.Backend == backend),
        State with { Backend = backend, Outcome = AttemptOutcome.Created });

    public bool RecordRefusal(int attempt, FailureCause cause) => Write(
        State.Attempt == attempt && !State.Phase.IsEnded() && State.Outcome == AttemptOutcome.Pending,
        State with { Outcome = AttemptOutcome.Refused, Refusal = cause });

    public bool GiveUp(int attempt, BackendId backend, FailureCause cause) => Write(
        State.Attempt == attempt && State.Backend == backend && State.Phase.IsStarting(),
        State with { Backend = null, Outcome = AttemptOutcome.Refused, Refusal = cause, Phase = Phase.SelectingGpu });

    public bool RecordModel(int vramGb, WorkerEngine? engine) => Write(!State.Phase.IsEnded(), State with { VramGb = vramGb, Engine = State.Engine ?? engine });

    public bool Note(FailureCause? cause) => Write(!State.Phase.IsTerminal(), State with { Waiting = cause });

    /// <summary>What the worker says of itself; of an attempt that was given up nothing is taken.</summary>
    public bool Report(Phase to) => State.Outcome != AttemptOutcome.Refused && Advance(State.Attempt, to, cause: null);

    public bool Forget(int attempt, BackendId? backend, DateTimeOffset deadline) => Write(
        State.Attempt == attempt && !State.Phase.IsEnded() && State.Backend == backend,
        State with { Backend = null, Outcome = AttemptOutcome.Lost, Phase = Phase.SelectingGpu, Deadline = deadline, ReadyAt = null, Tried = [] });

    public bool BeginStop(int attempt, BackendId backend) => Write(
        State.Attempt == attempt && State.Backend == backend && State.Phase == Phase.Hibernated, State with { StopAt = time.Now, WakeAt = null });

    public bool BeginWake(int attempt, BackendId backend) => Write(
        State.Attempt == attempt && State.Backend == backend && State.Phase == Phase.Hibernated,
        State with { StopAt = null, WakeAt = time.Now, Wakes = State.Wakes + 1 });

    public bool Relocate(int attempt, BackendId backend, FailureCause cause, DateTimeOffset deadline) => Write(
        State.Attempt == attempt && State.Backend == backend && !State.Phase.IsEnded(),
        State with
        {
            Backend = null, Outcome = AttemptOutcome.Refused, Refusal = cause, Phase = Phase.SelectingGpu, Deadline = deadline, ReadyAt = null, Tried = [],
            StopAt = null, WakeAt = State.WakeAt ?? time.Now, StayWith = State.Offer?.Hardware ?? State.StayWith,
        });

    public bool Advance(int attempt, Phase to, FailureCause? cause) => Write(
        Phases.MayAdvance(State.Phase, State.Attempt, to, attempt), State with
        {
            Phase = to,
            Error = cause ?? State.Error,
            StopAt = to is Phase.Ready or Phase.Hibernated ? null : State.StopAt,
            WakeAt = to is Phase.Ready or Phase.Hibernated ? null : State.WakeAt,
            StayWith = to is Phase.Ready ? null : State.StayWith,
        });

    public bool MarkReleased() => Write(State.Phase.IsEnded(), State with { ReleasedAt = time.Now });

    private bool Write(bool allowed, DeploymentState next)
    {
        if (!allowed) return false;
        if (next.Attempt < State.Attempt) throw new InvalidOperationException("The attempt number fell.");
        (State, Version) = (next, Version + 1);
        return true;
    }
}
