using Rouse.Core.Ports;

namespace Rouse.Core.Deployments;

/// <summary>
/// Decides what brings the world to what the row wants. Pure and total; a loop carries the steps out.
/// <code>
///   listed ──► older attempt, or not the row's id ───────────────► Delete
///     │
///     ├─ ended (deleting, failed, deleted) ──► Delete all ── nothing listed and settled ──► Deleted, MarkReleased
///     ├─ row has an id, listed ──► fatal trouble / too late ──► Failed   │ workers ready ──► Ready
///     ├─ row has an id, absent ──► settled? ──► Forget ──► (next pass: another attempt)
///     ├─ current attempt listed, row has no id ──► Adopt
///     └─ nothing listed ──► outcome unknown and not settled ──► wait
///                        └► otherwise ──► FindOffers ──► BeginAttempt(n+1) ──► Create
/// </code>
/// </summary>
public static class Reconciler
{
    /// <param name="observed">Everything the provider lists under this deployment's name, any attempt.</param>
    /// <param name="offers">Null until asked for by <see cref="ReconcileStep.FindOffers"/>.</param>
    public static ReconcilePlan Plan(
        DeploymentState row, IReadOnlyList<ObservedBackend> observed, IReadOnlyList<Offer>? offers, DateTimeOffset now, ReconcileLimits limits)
    {
        // A backend of a later attempt than the row's: what we read is old. Read again before touching anything.
        if (observed.Any(backend => backend.Name.Attempt > row.Attempt)) return ReconcilePlan.Wait(TimeSpan.Zero);
        if (row.Phase is Phase.Deleting or Phase.Failed or Phase.Deleted) return PlanEnded(row, observed, now, limits);

        var keep = row.Backend is { } id
            ? observed.FirstOrDefault(backend => backend.Id == id)
            : observed.FirstOrDefault(backend => backend.Name.Attempt == row.Attempt);
        List<ReconcileStep> steps = [.. observed.Where(backend => backend != keep).Select(backend => new ReconcileStep.Delete(backend.Id, Why(backend, row)))];
        return keep is not null ? PlanPresent(row, keep, steps, now, limits) : PlanAbsent(row, offers, steps, now, limits);
    }

    private static ReconcilePlan PlanEnded(DeploymentState row, IReadOnlyList<ObservedBackend> observed, DateTimeOffset now, ReconcileLimits limits)
    {
        if (observed.Count > 0)
        {
            return new ReconcilePlan([.. observed.Select(backend => new ReconcileStep.Delete(backend.Id, $"deployment is {row.Phase.Word()}"))], TimeSpan.Zero);
        }

        // A create that was under way when the deployment ended may still show up: nothing is gone before the list is the truth.
        if (!Settled(row, now, limits)) return ReconcilePlan.Wait(SettledIn(row, now, limits));
        List<ReconcileStep> steps = [];
        if (row.Phase == Phase.Deleting) steps.Add(new ReconcileStep.Advance(row.Attempt, Phase.Deleted));
        if (row.ReleasedAt is null) steps.Add(new ReconcileStep.MarkReleased());
        return new ReconcilePlan(steps, Again: null);
    }

    private static ReconcilePlan PlanPresent(
        DeploymentState row, ObservedBackend backend, List<ReconcileStep> steps, DateTimeOffset now, ReconcileLimits limits)
    {
        if (row.Backend is null) steps.Add(new ReconcileStep.Adopt(row.Attempt, backend.Id));
        if (backend.Trouble is { Fatal: true } trouble) return Fail(row, backend, trouble.Cause, steps);
        if (row.Phase.IsStarting() && now >= row.Deadline)
        {
            return Fail(row, backend, StartTimeout(row, backend.Trouble?.Cause), steps);
        }

        if (row.Phase.IsStarting() && backend.ReadyWorkers > 0) steps.Add(new ReconcileStep.Advance(row.Attempt, Phase.Ready));
        var again = row.Phase.IsStarting() && row.Deadline - now < limits.Poll ? row.Deadline - now : limits.Poll;
        return new ReconcilePlan(steps, again);
    }

    private static ReconcilePlan PlanAbsent(
        DeploymentState row, IReadOnlyList<Offer>? offers, List<ReconcileStep> steps, DateTimeOffset now, ReconcileLimits limits)
    {
        if (row.Backend is { } lost)
        {
            // The list lags behind a create; only an absence that outlasts the settle time is a loss.
            if (!Settled(row, now, limits)) return new ReconcilePlan(steps, SettledIn(row, now, limits));
            steps.Add(new ReconcileStep.Forget(row.Attempt, lost));
            return new ReconcilePlan(steps, TimeSpan.Zero);
        }

        if (row.Outcome == AttemptOutcome.Pending && !Settled(row, now, limits)) return new ReconcilePlan(steps, SettledIn(row, now, limits));

        // A backend that was ready and vanished starts anew, with a new deadline; otherwise the one deadline bounds all attempts.
        var restart = !row.Phase.IsStarting();
        var deadline = restart ? now + row.Spec.Workers.StartTimeout : row.Deadline;
        if (row.Outcome == AttemptOutcome.Refused && row.Refusal is { } refusal && IsFinal(refusal.Code)) return Fail(row, null, refusal, steps);
        if (now >= deadline) return Fail(row, null, StartTimeout(row, row.Refusal), steps);
        if (row.Attempt >= limits.MaxAttempts) return Fail(row, null, row.Refusal ?? TooOften(limits), steps);
        if (row.Outcome == AttemptOutcome.Refused && row.AttemptAt is { } began && began + limits.RetryDelay > now && row.Refusal?.Code != FailureCodes.NoCapacity)
        {
            return new ReconcilePlan(steps, began + limits.RetryDelay - now);
        }

        if (offers is null)
        {
            if (row.Phase == Phase.Accepted) steps.Add(new ReconcileStep.Advance(row.Attempt, Phase.Validating));
            if (row.Phase < Phase.SelectingGpu) steps.Add(new ReconcileStep.Advance(row.Attempt, Phase.SelectingGpu));
            steps.Add(new ReconcileStep.FindOffers());
            return new ReconcilePlan(steps, Again: null);
        }

        if (offers.Count == 0) return new ReconcilePlan(steps, Min(limits.RetryDelay, deadline - now));
        var offer = offers[row.Attempt % offers.Count];
        steps.Add(new ReconcileStep.BeginAttempt(row.Attempt, offer, deadline));
        steps.Add(new ReconcileStep.Create(row.Attempt + 1, offer));
        return new ReconcilePlan(steps, limits.Poll);
    }

    private static ReconcilePlan Fail(DeploymentState row, ObservedBackend? backend, FailureCause cause, List<ReconcileStep> steps)
    {
        steps.Add(new ReconcileStep.Advance(row.Attempt, Phase.Failed, cause));
        if (backend is not null) steps.Add(new ReconcileStep.Delete(backend.Id, cause.Code));
        return new ReconcilePlan(steps, TimeSpan.Zero);
    }

    private static bool Settled(DeploymentState row, DateTimeOffset now, ReconcileLimits limits) =>
        row.Outcome is AttemptOutcome.None or AttemptOutcome.Refused || row.AttemptAt is not { } at || now >= at + limits.Settle;

    private static TimeSpan SettledIn(DeploymentState row, DateTimeOffset now, ReconcileLimits limits) => row.AttemptAt!.Value + limits.Settle - now;

    private static bool IsFinal(string code) =>
        code is FailureCodes.Rejected or FailureCodes.Unauthorized or FailureCodes.Balance or FailureCodes.Quota or FailureCodes.WorkerMissing;

    private static FailureCause StartTimeout(DeploymentState row, FailureCause? why)
    {
        var seconds = (int)row.Spec.Workers.StartTimeout.TotalSeconds;
        var last = why is null ? "It was still " + row.Phase.Word() + "." : $"Last seen: {why.Message}";
        return new FailureCause(FailureCodes.StartTimeout, $"Not ready within {seconds} s, so it was stopped and removed. {last} Raise workers.start_timeout_seconds if it needs longer.");
    }

    private static FailureCause TooOften(ReconcileLimits limits) =>
        new(FailureCodes.BackendLost, $"Its backend was lost {limits.MaxAttempts} times. Look at the provider's console and at the deployment's logs.");

    private static string Why(ObservedBackend backend, DeploymentState row) =>
        backend.Name.Attempt < row.Attempt ? $"attempt {backend.Name.Attempt} was given up for {row.Attempt}" : "the deployment uses another backend";

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
