using Rouse.Core.Ports;

namespace Rouse.Core.Deployments;

/// <summary>
/// What is put away while nobody needs it, and brought back.
/// <code>
///   Hibernated ──► nobody wants it ──► drained ──► BeginStop ──► Sleep ──► asleep
///       │
///       ├─ wanted, no stop was begun ──────────────────────────────────────► Ready
///       ├─ wanted, a stop was begun, not asleep yet ──► Sleep (it must be through before a wake means anything)
///       ├─ wanted, asleep ──► BeginWake ──► Wake ──┬► starts ──► answers, or its worker reports ──► Ready
///       │                                          └► no GPU on its machine ──► Relocate ──► Delete ──► (gone: another attempt elsewhere)
///       └─ waking for longer than a start may take ──► BeginStop ──► Sleep
/// </code>
/// </summary>
public static partial class Reconciler
{
    private static readonly FailureCause s_waking = new(FailureCodes.Waking, "Work has come: its machine is being started again.");

    /// <summary>
    /// The provider says that the machine of a sleeping backend has no GPU free, and that may last for days: what may be done about it by what the
    /// deployment allows.
    /// </summary>
    /// <returns>Null when it may only wait there.</returns>
    public static ReconcilePlan? PlanStranded(DeploymentState row, BackendId backend, FailureCause cause, DateTimeOffset now, ReconcileLimits limits)
    {
        if (!limits.Buys || !limits.Stops || row.Phase.IsEnded() || Fallback(row) == WakeFallback.None) return null;
        // The same GPU on another machine is what such a provider looks for by itself.
        if (limits.Roams && Fallback(row) == WakeFallback.Host) return null;
        var disk = row.Spec.Service?.NetworkVolume is null ? " What its own disk held is lost." : " Its network volume goes with it.";
        var told = new FailureCause(FailureCodes.NoCapacity, $"{cause.Message} It is moved to another machine.{disk}");
        // What was awake once has the time of a start again; a start has one deadline over all its attempts.
        var deadline = row.Phase.IsStarting() ? row.Deadline : now + row.Spec.Workers.StartTimeout;
        return new ReconcilePlan(
            [new ReconcileStep.Relocate(row.Attempt, backend, told, deadline), new ReconcileStep.Delete(backend, "its machine has no GPU free for it")], limits.Recheck);
    }

    private static ReconcilePlan PlanHibernated(DeploymentState row, ObservedBackend backend, DateTimeOffset now, ReconcileLimits limits)
    {
        var isAsleep = backend.Status == BackendStatus.Sleeping;
        var isService = row.Spec.Service is not null;
        if (isService && row.WakeAt is { } began && !isAsleep && backend.ReadyWorkers == 0 && now >= began + row.Spec.Workers.StartTimeout)
        {
            var late = new FailureCause(
                FailureCodes.StartTimeout, $"It did not answer within {Seconds(row.Spec.Workers.StartTimeout)} s of its wake and is stopped again. Look at its logs, or raise workers.start_timeout_seconds.");
            return new ReconcilePlan([.. Note(row, late), new ReconcileStep.BeginStop(row.Attempt, backend.Id), new ReconcileStep.Sleep(backend.Id)], limits.Recheck);
        }

        // A wake is brought to its end even when those who waited have left: they come back, and would otherwise find it no nearer each time.
        if (limits.Wanted || (isService && row.WakeAt is not null)) return PlanWake(row, backend, isAsleep, now, limits);
        if (isAsleep) return new ReconcilePlan([.. Note(row, cause: null)], limits.Poll);
        // No job can be taken while it is hibernated (JobStore), so a model's pod is drained when it has none in work.
        if (isService && row.StopAt is null && !limits.IsDrained) return ReconcilePlan.Wait(Min(limits.Drain, limits.Poll));
        ReconcileStep[] intent = row.StopAt is null ? [new ReconcileStep.BeginStop(row.Attempt, backend.Id)] : [];
        return new ReconcilePlan([.. Note(row, cause: null), .. intent, new ReconcileStep.Sleep(backend.Id)], limits.Poll);
    }

    private static ReconcilePlan PlanWake(DeploymentState row, ObservedBackend backend, bool isAsleep, DateTimeOffset now, ReconcileLimits limits)
    {
        // The list may show it asleep for a while yet: asking twice is harmless.
        var soon = Min(limits.Poll, limits.Recheck * 4);
        if (isAsleep)
        {
            ReconcileStep[] intent = row.WakeAt is null ? [new ReconcileStep.BeginWake(row.Attempt, backend.Id)] : [];
            // Why the last try came to nothing is told until one comes to something.
            var told = row.Waiting is { Code: FailureCodes.NoCapacity } none ? none : s_waking;
            return new ReconcilePlan([.. Note(row, told), .. intent, new ReconcileStep.Wake(backend.Id)], soon);
        }

        if (row.WakeAt is { } began)
        {
            if (backend.ReadyWorkers > 0) return new ReconcilePlan([new ReconcileStep.Advance(row.Attempt, Phase.Ready)], limits.Poll);
            var trouble = backend.Trouble?.Cause;
            if (trouble is { Code: FailureCodes.NoCapacity } none && now >= began + limits.CapacityPatience
                && PlanStranded(row, backend.Id, none, now, limits) is { } moved) return moved;
            return new ReconcilePlan([.. Note(row, trouble ?? s_waking)], limits.Poll);
        }

        // Its stop may be on its way: only once it is through does what answers there live on.
        if (row.StopAt is not null) return new ReconcilePlan([new ReconcileStep.Sleep(backend.Id)], limits.Recheck);
        return new ReconcilePlan([new ReconcileStep.Advance(row.Attempt, Phase.Ready)], limits.Poll);
    }

    /// <summary>A model's pod holds nothing that cannot be had again, so it may move; a pod of the tenant's own never does.</summary>
    private static WakeFallback Fallback(DeploymentState row) => row.Spec.Service switch
    {
        null => WakeFallback.Host,
        { PodId: not null } or { Upstream: not null } => WakeFallback.None,
        { } service => service.Fallback,
    };

    /// <summary>Of what was moved: the same GPU first, and others only where it allows them.</summary>
    private static IReadOnlyList<Offer> Allowed(DeploymentState row, IReadOnlyList<Offer> offers) =>
        row.StayWith is not { } hardware ? offers
        : Fallback(row) == WakeFallback.Host ? [.. offers.Where(offer => offer.Hardware == hardware)]
        : [.. offers.OrderBy(offer => offer.Hardware != hardware)];

    private static FailureCause NoneLike(DeploymentState row) => new(
        FailureCodes.NoCapacity, $"No other machine has {row.StayWith} free, and it may not move to another GPU. It is tried again; service.fallback gpu would allow others.");
}
