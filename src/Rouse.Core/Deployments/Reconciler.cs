using Rouse.Core.Ports;

namespace Rouse.Core.Deployments;

/// <summary>
/// Decides what brings the world to what the row wants. Pure and total; a loop carries the steps out.
/// <code>
///   listed ──► not the row's id, or another attempt ─────────────► Delete, and nothing new before it is gone
///     │
///     ├─ ended (deleting, failed, deleted) ──► Delete all ── nothing listed and settled ──► Deleted, MarkReleased
///     ├─ row has an id, listed ──► fatal trouble / too late ──► Failed   │ workers ready ──► Ready
///     ├─ row has an id, absent ──► settled? ──► Forget ──► (next pass: another attempt)
///     ├─ current attempt listed, row has no id ──► Adopt
///     └─ nothing listed ──► outcome unknown and not settled ──► wait
///                        └► otherwise ──► FindOffers ──► StartAttempt(n+1)
/// </code>
/// What only the store does comes first in a plan and what asks the provider last, so a provider that fails holds up no verdict.
/// </summary>
public static class Reconciler
{
    /// <param name="row">Read after <paramref name="observed"/> where that shows a later attempt than an earlier reading of the row knew.</param>
    /// <param name="observed">Everything the provider lists under this deployment's name, any attempt.</param>
    /// <param name="offers">Null until asked for by <see cref="ReconcileStep.FindOffers"/>; best first.</param>
    public static ReconcilePlan Plan(
        DeploymentState row, IReadOnlyList<ObservedBackend> observed, IReadOnlyList<Offer>? offers, DateTimeOffset now, ReconcileLimits limits)
    {
        // What is stopping is as good as gone. When a provider made two for one create, every replica must keep the same one.
        var keep = row.Phase.IsEnded() ? null
            : observed.Where(backend => backend.Status != BackendStatus.Stopping
                    && (row.Backend is { } id ? backend.Id == id : backend.Name.Attempt == row.Attempt))
                .MinBy(backend => backend.Id.Value, StringComparer.Ordinal);
        var plan = row.Phase.IsEnded() ? PlanEnded(row, observed.Count, now, limits)
            : keep is not null ? PlanPresent(row, keep, now, limits)
            : PlanAbsent(row, offers, now, limits);

        List<ObservedBackend> others = [.. observed.Where(backend => backend != keep)];
        if (others.Count == 0) return plan;
        // A delete that was accepted is not yet a backend that is gone: nothing new is begun beside it.
        var steps = plan.Steps.Where(step => step is not (ReconcileStep.FindOffers or ReconcileStep.StartAttempt));
        var deletes = others.Select(backend => new ReconcileStep.Delete(backend.Id, Why(backend, row)));
        return new ReconcilePlan([.. steps, .. deletes], Min(plan.Again ?? limits.Recheck, limits.Recheck));
    }

    /// <summary>What can be said when the provider cannot be asked: a start is not waited for longer than its deadline because of it.</summary>
    public static ReconcilePlan PlanUnseen(DeploymentState row, string why, DateTimeOffset now, ReconcileLimits limits) =>
        row.Phase.IsStarting() && now >= row.Deadline ? Fail(row, StartTimeout(row, why), limits) : ReconcilePlan.Wait(limits.RetryDelay);

    private static ReconcilePlan PlanEnded(DeploymentState row, int listed, DateTimeOffset now, ReconcileLimits limits)
    {
        if (listed > 0) return ReconcilePlan.Wait(limits.Recheck);
        // A create that was under way when the deployment ended may still show up: nothing is gone before the list is the truth.
        if (!IsSettled(row, now, limits)) return ReconcilePlan.Wait(SettledIn(row, now, limits));
        List<ReconcileStep> steps = [];
        if (row.Phase == Phase.Deleting) steps.Add(new ReconcileStep.Advance(row.Attempt, Phase.Deleted));
        if (row.ReleasedAt is null) steps.Add(new ReconcileStep.MarkReleased());
        return new ReconcilePlan(steps, Again: null);
    }

    private static ReconcilePlan PlanPresent(DeploymentState row, ObservedBackend backend, DateTimeOffset now, ReconcileLimits limits)
    {
        List<ReconcileStep> steps = row.Backend is null ? [new ReconcileStep.Adopt(row.Attempt, backend.Id)] : [];
        if (backend.Trouble is { Fatal: true } trouble) return Fail(row, trouble.Cause, limits, steps, backend);
        if (!row.Phase.IsStarting()) return new ReconcilePlan(steps, limits.Poll);
        if (backend.ReadyWorkers > 0) return new ReconcilePlan([.. steps, new ReconcileStep.Advance(row.Attempt, Phase.Ready)], limits.Poll);
        if (now >= row.Deadline) return Fail(row, StartTimeout(row, backend.Trouble?.Cause.Message), limits, steps, backend);
        return new ReconcilePlan(steps, Min(row.Deadline - now, limits.Poll));
    }

    private static ReconcilePlan PlanAbsent(DeploymentState row, IReadOnlyList<Offer>? offers, DateTimeOffset now, ReconcileLimits limits)
    {
        // The list lags behind a create; only an absence that outlasts the settle time is one.
        if (!IsSettled(row, now, limits)) return ReconcilePlan.Wait(SettledIn(row, now, limits));
        if (row.Backend is not null || !row.Phase.IsStarting())
        {
            // What was ready and vanished starts anew, with a new deadline; otherwise the one deadline bounds all attempts.
            var deadline = row.Phase.IsStarting() ? row.Deadline : now + row.Spec.Workers.StartTimeout;
            return new ReconcilePlan([new ReconcileStep.Forget(row.Attempt, row.Backend, deadline)], TimeSpan.Zero);
        }

        var refusal = row.Outcome == AttemptOutcome.Refused ? row.Refusal : null;
        if (refusal is not null && IsFinal(refusal.Code)) return Fail(row, refusal, limits);
        if (now >= row.Deadline) return Fail(row, StartTimeout(row, refusal?.Message), limits);
        var pause = refusal is not null && row.AttemptAt is { } began ? Min(began + limits.RetryDelay, row.Deadline) - now : TimeSpan.Zero;
        // Another offer may have what the last one lacked, so want of capacity waits only once all were asked.
        if (pause > TimeSpan.Zero && refusal!.Code != FailureCodes.NoCapacity) return ReconcilePlan.Wait(pause);
        if (offers is null) return new ReconcilePlan([.. Select(row), new ReconcileStep.FindOffers()], limits.RetryDelay);
        if (offers.Count == 0) return ReconcilePlan.Wait(Min(limits.RetryDelay, row.Deadline - now));

        var asked = row.Outcome is AttemptOutcome.Refused or AttemptOutcome.Pending ? offers.ToList().IndexOf(row.Offer!) : -1;
        var next = (asked + 1) % offers.Count;
        if (pause > TimeSpan.Zero && next == 0) return ReconcilePlan.Wait(pause);
        return new ReconcilePlan([new ReconcileStep.StartAttempt(row.Attempt + 1, offers[next])], limits.Poll);
    }

    private static IEnumerable<ReconcileStep> Select(DeploymentState row)
    {
        if (row.Phase == Phase.Accepted) yield return new ReconcileStep.Advance(row.Attempt, Phase.Validating);
        if (row.Phase < Phase.SelectingGpu) yield return new ReconcileStep.Advance(row.Attempt, Phase.SelectingGpu);
    }

    private static ReconcilePlan Fail(
        DeploymentState row, FailureCause cause, ReconcileLimits limits, IEnumerable<ReconcileStep>? before = null, ObservedBackend? backend = null)
    {
        List<ReconcileStep> steps = [.. before ?? [], new ReconcileStep.Advance(row.Attempt, Phase.Failed, cause)];
        if (backend is not null) steps.Add(new ReconcileStep.Delete(backend.Id, cause.Code));
        return new ReconcilePlan(steps, limits.Recheck);
    }

    // A create that has answered is no longer under way; with a list that does not lag there is nothing left to wait for.
    private static bool IsSettled(DeploymentState row, DateTimeOffset now, ReconcileLimits limits) =>
        row.Outcome is AttemptOutcome.None or AttemptOutcome.Refused || row.AttemptAt is not { } at || now >= at + limits.Settle
        || (row.Outcome == AttemptOutcome.Created && limits.ListLag == TimeSpan.Zero);

    private static TimeSpan SettledIn(DeploymentState row, DateTimeOffset now, ReconcileLimits limits) => row.AttemptAt!.Value + limits.Settle - now;

    private static bool IsFinal(string code) =>
        code is FailureCodes.Rejected or FailureCodes.Unauthorized or FailureCodes.Balance or FailureCodes.Quota or FailureCodes.WorkerMissing;

    private static FailureCause StartTimeout(DeploymentState row, string? why)
    {
        var seconds = (int)row.Spec.Workers.StartTimeout.TotalSeconds;
        var last = why is null ? "It was still " + row.Phase.Word() + "." : $"Last seen: {why}";
        return new FailureCause(
            FailureCodes.StartTimeout,
            $"Not ready within {seconds} s, so it was stopped and removed. {last} Raise workers.start_timeout_seconds if it needs longer.");
    }

    private static string Why(ObservedBackend backend, DeploymentState row) =>
        row.Phase.IsEnded() ? $"deployment is {row.Phase.Word()}"
        : backend.Status == BackendStatus.Stopping ? "it is stopping, and must be gone before another is begun"
        : backend.Name.Attempt == row.Attempt ? "the deployment uses another backend"
        : $"it is of attempt {backend.Name.Attempt}, the deployment is at {row.Attempt}";

    private static T Min<T>(T a, T b)
        where T : IComparable<T> => a.CompareTo(b) < 0 ? a : b;
}
