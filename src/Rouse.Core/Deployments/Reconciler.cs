using System.Globalization;
using Rouse.Core.Hardware;
using Rouse.Core.Ports;

namespace Rouse.Core.Deployments;

/// <summary>
/// Decides what brings the world to what the row wants. Pure and total; a loop carries the steps out.
/// <code>
///   listed ──► not the row's id, or another attempt ─────────────► Delete, and nothing new before it is gone
///     │
///     ├─ ended (deleting, failed, deleted) ──► Delete all ── nothing listed and settled ──► Deleted, MarkReleased
///     ├─ row has an id, listed ──► fatal trouble / too late ──► Failed   │ workers ready ──► Ready   │ asleep ──► Wake
///     │                       └──► no GPU for too long, nothing heard for too long ──► GiveUp ──► (next pass: another offer)
///     ├─ row has an id, absent ──► settled? ──► Forget ──► (next pass: another attempt)
///     ├─ current attempt listed, row has no id, not given up ──► Adopt
///     └─ nothing listed ──► outcome unknown and not settled ──► wait
///                        └► otherwise ──► InspectModel ──► FindOffers ──► StartAttempt(n+1)
/// </code>
/// What only the store does comes first in a plan and what asks the provider last, so a provider that fails holds up no verdict.
/// </summary>
public static partial class Reconciler
{
    /// <param name="row">Read after <paramref name="observed"/> where that shows a later attempt than an earlier reading of the row knew.</param>
    /// <param name="observed">Everything the provider lists under this deployment's name, any attempt, and the backend of the row; without what only
    /// other deployments still use.</param>
    /// <param name="offers">Null until asked for by <see cref="ReconcileStep.FindOffers"/>.</param>
    public static ReconcilePlan Plan(
        DeploymentState row, IReadOnlyList<ObservedBackend> observed, RankedOffers? offers, DateTimeOffset now, ReconcileLimits limits)
    {
        // What is stopping is as good as gone. When a provider made two for one create, every replica must keep the same one.
        var keep = row.Phase.IsEnded() ? null
            : observed.Where(backend => backend.Status != BackendStatus.Stopping && IsOurs(backend, row)).MinBy(backend => backend.Id.Value, StringComparer.Ordinal);
        var plan = row.Phase.IsEnded() ? PlanEnded(row, observed.Count, now, limits)
            : keep is not null ? PlanPresent(row, keep, now, limits)
            : PlanAbsent(row, offers, now, limits);

        List<ObservedBackend> others = [.. observed.Where(backend => backend != keep)];
        if (others.Count == 0) return plan;
        // A delete that was accepted is not yet a backend that is gone: nothing new is begun beside it.
        var steps = plan.Steps.Where(step => step is not (ReconcileStep.InspectModel or ReconcileStep.FindOffers or ReconcileStep.StartAttempt));
        var deletes = others.Select(backend => new ReconcileStep.Delete(backend.Id, Why(backend, row)));
        return new ReconcilePlan([.. steps, .. deletes], Min(plan.Again ?? limits.Recheck, limits.Recheck));
    }

    /// <summary>What can be said when something that must be asked first does not answer, or answers that it cannot be: the hub, the provider.</summary>
    /// <param name="final">Waiting does not help.</param>
    public static ReconcilePlan PlanBlocked(DeploymentState row, FailureCause cause, bool final, DateTimeOffset now, ReconcileLimits limits)
    {
        if (row.Phase.IsStarting() && final) return Fail(row, cause, limits);
        if (row.Phase.IsStarting() && now >= row.Deadline) return Fail(row, Late(row, cause), limits);
        var again = row.Phase.IsStarting() ? Min(limits.RetryDelay, row.Deadline - now) : limits.RetryDelay;
        return new ReconcilePlan([.. Note(row, cause)], again);
    }

    private static bool IsOurs(ObservedBackend backend, DeploymentState row) =>
        row.Backend is { } id ? backend.Id == id : backend.Name.Attempt == row.Attempt && row.Outcome != AttemptOutcome.Refused;

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
        var trouble = backend.Trouble;
        if (trouble is { Fatal: true }) return Fail(row, trouble.Cause, limits, steps, backend);
        if (row.Phase == Phase.Hibernated) return PlanHibernated(row, backend, now, limits);
        if (row is { Phase: Phase.Ready, Spec.Service: not null } && limits.Stops && backend.Status == BackendStatus.Sleeping)
        {
            // Somebody else stopped it.
            return new ReconcilePlan([.. steps, new ReconcileStep.Advance(row.Attempt, Phase.Hibernated)], TimeSpan.Zero);
        }

        if (!row.Phase.IsStarting())
        {
            ReconcileStep[] wake = limits.Wanted && backend.Status == BackendStatus.Sleeping ? [new ReconcileStep.Wake(backend.Id)] : [];
            return new ReconcilePlan([.. steps, .. Note(row, trouble?.Cause), .. Renewal(row, backend, limits), .. Drift(row, backend, now), .. wake], limits.Poll);
        }

        if (backend.ReadyWorkers > 0) return new ReconcilePlan([.. steps, new ReconcileStep.Advance(row.Attempt, Phase.Ready)], limits.Poll);
        if (now >= row.Deadline) return Fail(row, Late(row, trouble?.Cause ?? row.Refusal), limits, steps, backend);
        if (Hopeless(row, trouble, now, limits) is { } cause)
        {
            return new ReconcilePlan([.. steps, new ReconcileStep.GiveUp(row.Attempt, backend.Id, cause), new ReconcileStep.Delete(backend.Id, cause.Code)], limits.Recheck);
        }

        steps.AddRange(Note(row, trouble?.Cause));
        if ((limits.Buys || (limits.Stops && row.Spec.Service is not null)) && backend.Status == BackendStatus.Sleeping) steps.Add(new ReconcileStep.Wake(backend.Id));
        return new ReconcilePlan(steps, Min(row.Deadline - now, limits.Poll));
    }

    /// <returns>Why the attempt should give way to another offer, or null.</returns>
    private static FailureCause? Hopeless(DeploymentState row, BackendTrouble? trouble, DateTimeOffset now, ReconcileLimits limits)
    {
        if (!limits.Buys || row.AttemptAt is not { } began) return null;
        if (trouble?.Cause is { Code: FailureCodes.NoCapacity } none && now >= began + limits.CapacityPatience) return none;
        // Half of the time is the attempt's, so that there is as much left for another one.
        if (row.Phase != Phase.CreatingEndpoint || now < began + (row.Spec.Workers.StartTimeout / 2)) return null;
        return trouble?.Cause ?? new FailureCause(FailureCodes.StartTimeout, $"No worker of {row.Offer?.Hardware} was heard of within {Seconds(row.Spec.Workers.StartTimeout / 2)} s.");
    }

    /// <summary>Only of what is shown with an image: where the list tells none, each look would order it anew.</summary>
    private static IEnumerable<ReconcileStep> Renewal(DeploymentState row, ObservedBackend backend, ReconcileLimits limits)
    {
        if (row.Phase == Phase.Ready && limits.Image is { } image && backend.Settings?.Image is { } shown && shown != image) yield return new ReconcileStep.Renew(backend.Id, image);
    }

    private static IEnumerable<ReconcileStep> Drift(DeploymentState row, ObservedBackend backend, DateTimeOffset now)
    {
        if (backend.Settings is not { } seen || row.Phase != Phase.Ready) yield break;
        var (ordered, wanted) = (row.Spec.Workers, row.Spec.Workers.At(now));
        var idle = seen.IdleTimeout ?? wanted.IdleTimeout;
        var onlyMin = seen.MaxWorkers == wanted.Max && idle == wanted.IdleTimeout;
        if (onlyMin && seen.MinWorkers == wanted.Min) yield break;
        if (onlyMin && ordered.Warm is { } warm && (seen.MinWorkers == ordered.Min || seen.MinWorkers == Math.Max(ordered.Min, warm.Workers)))
        {
            // As it was ordered a moment ago: nobody but the clock changed anything.
            var which = wanted == ordered ? "is over" : "has begun";
            yield return new ReconcileStep.Resize(backend.Id, wanted, string.Create(CultureInfo.InvariantCulture, $"The warm window {which}: {wanted.Min} workers are kept from now on."));
            yield break;
        }

        var what = string.Create(
            CultureInfo.InvariantCulture,
            $"The provider has {seen.MinWorkers} to {seen.MaxWorkers} workers, idle {Seconds(idle)} s; ordered were {wanted.Min} to {wanted.Max}, idle {Seconds(wanted.IdleTimeout)} s.");
        // Nobody orders these: Runpod cuts the most workers to 0 after seven idle days, and a start leaves the least at 0 until it is ready.
        var isOrder = seen.MaxWorkers > 0 && (seen.MinWorkers > 0 || wanted.Min == 0);
        if (row.Spec.Drift == DriftPolicy.Adopt && isOrder) yield return new ReconcileStep.TakeOver(row.Attempt, Taken(ordered, seen, idle, now), what);
        else yield return new ReconcileStep.Restore(backend.Id, wanted, what);
    }

    /// <summary>What somebody set within the warm window is meant for it.</summary>
    private static WorkerScaling Taken(WorkerScaling ordered, BackendSettings seen, TimeSpan idle, DateTimeOffset now)
    {
        var min = Math.Min(seen.MinWorkers, seen.MaxWorkers);
        var taken = ordered with { Max = seen.MaxWorkers, IdleTimeout = idle };
        return ordered.Warm is { } warm && warm.IsOpen(now)
            ? taken with { Min = Math.Min(ordered.Min, min), Warm = min > 0 ? warm with { Workers = min } : null }
            : taken with { Min = min };
    }

    private static ReconcilePlan PlanAbsent(DeploymentState row, RankedOffers? offers, DateTimeOffset now, ReconcileLimits limits)
    {
        // The list lags behind a create; only an absence that outlasts the settle time is one.
        if (!IsSettled(row, now, limits)) return ReconcilePlan.Wait(SettledIn(row, now, limits));
        if (row.Backend is not null || !row.Phase.IsStarting())
        {
            if (!row.Phase.IsStarting() && row.Spec.Drift == DriftPolicy.Adopt)
            {
                return Fail(row, new FailureCause(FailureCodes.BackendLost, "Its backend was deleted at the provider. Deploy again, or with drift restore."), limits);
            }

            // What was ready and vanished starts anew, with a new deadline; otherwise the one deadline bounds all attempts.
            var deadline = row.Phase.IsStarting() ? row.Deadline : now + row.Spec.Workers.StartTimeout;
            return new ReconcilePlan([new ReconcileStep.Forget(row.Attempt, row.Backend, deadline)], TimeSpan.Zero);
        }

        var refusal = row.Outcome == AttemptOutcome.Refused ? row.Refusal : null;
        if (refusal is not null && IsFinal(refusal.Code)) return Fail(row, refusal, limits);
        if (now >= row.Deadline) return Fail(row, Late(row, refusal ?? row.Waiting), limits);
        var pause = refusal is not null && row.AttemptAt is { } began ? Min(began + limits.RetryDelay, row.Deadline) - now : TimeSpan.Zero;
        // Another offer may have what the last one lacked, so want of capacity waits only once all were asked.
        if (pause > TimeSpan.Zero && refusal!.Code != FailureCodes.NoCapacity) return ReconcilePlan.Wait(pause);
        if ((limits.Buys || limits.Chooses) && row.VramGb is null && row.Spec.Service is null) return new ReconcilePlan([.. Enter(row, Phase.Validating), new ReconcileStep.InspectModel()], limits.RetryDelay);
        if (offers is null) return new ReconcilePlan([.. Enter(row, Phase.Validating), .. Enter(row, Phase.SelectingGpu), new ReconcileStep.FindOffers()], limits.RetryDelay);
        if (offers.WhyNone is { } none) return PlanBlocked(row, none, offers.Final, now, limits);
        return Allowed(row, offers.Offers) is { Count: > 0 } allowed ? PlanNext(row, allowed, pause, limits) : PlanBlocked(row, NoneLike(row), final: false, now, limits);
    }

    private static ReconcilePlan PlanNext(DeploymentState row, IReadOnlyList<Offer> offers, TimeSpan pause, ReconcileLimits limits)
    {
        // To be told to slow down says nothing against the offer.
        var slowed = row.Refusal?.Code == FailureCodes.RateLimited;
        var tried = row.Tried.Where(key => !slowed || key != row.Offer?.Key()).ToList();
        var next = offers.FirstOrDefault(offer => !tried.Contains(offer.Key(), StringComparer.Ordinal));
        if (next is null && pause > TimeSpan.Zero) return new ReconcilePlan([.. Note(row, row.Refusal)], pause);
        return next is null
            ? new ReconcilePlan([new ReconcileStep.StartAttempt(row.Attempt + 1, offers[0], [offers[0].Key()])], limits.Poll)
            : new ReconcilePlan([new ReconcileStep.StartAttempt(row.Attempt + 1, next, [.. tried, next.Key()])], limits.Poll);
    }

    private static IEnumerable<ReconcileStep> Enter(DeploymentState row, Phase phase)
    {
        if (row.Phase < phase) yield return new ReconcileStep.Advance(row.Attempt, phase);
    }

    private static IEnumerable<ReconcileStep> Note(DeploymentState row, FailureCause? cause)
    {
        if (row.Waiting != cause) yield return new ReconcileStep.Note(cause);
    }

    private static ReconcilePlan Fail(
        DeploymentState row, FailureCause cause, ReconcileLimits limits, IEnumerable<ReconcileStep>? before = null, ObservedBackend? backend = null)
    {
        List<ReconcileStep> steps = [.. before ?? [], new ReconcileStep.Advance(row.Attempt, Phase.Failed, cause)];
        if (backend is not null) steps.Add(new ReconcileStep.Delete(backend.Id, cause.Code));
        return new ReconcilePlan(steps, limits.Recheck);
    }

    // A create that was refused made nothing, and what is lost was listed as absent when the list was the truth.
    private static bool IsSettled(DeploymentState row, DateTimeOffset now, ReconcileLimits limits) =>
        row.Outcome is AttemptOutcome.None or AttemptOutcome.Refused or AttemptOutcome.Lost || row.AttemptAt is null || SettledIn(row, now, limits) <= TimeSpan.Zero;

    // A create that has answered is no longer under way: only the list may still lag behind it.
    private static TimeSpan SettledIn(DeploymentState row, DateTimeOffset now, ReconcileLimits limits) =>
        row.AttemptAt!.Value + (row.Outcome == AttemptOutcome.Created ? limits.ListLag : limits.Settle) - now;

    private static bool IsFinal(string code) => code is FailureCodes.Rejected or FailureCodes.Unauthorized or FailureCodes.Balance or FailureCodes.Quota
        or FailureCodes.WorkerMissing or FailureCodes.EnvironmentDropped;

    /// <summary>Too late, for the reason that was last seen; the deadline itself is the reason only when nothing better is known.</summary>
    private static FailureCause Late(DeploymentState row, FailureCause? seen)
    {
        var last = seen is null ? "It was still " + row.Phase.Word() + "." : $"Last seen: {seen.Message}";
        return new FailureCause(
            seen?.Code ?? FailureCodes.StartTimeout,
            $"Not ready within {Seconds(row.Spec.Workers.StartTimeout)} s, so it was stopped and removed. {last} Raise workers.start_timeout_seconds if it needs longer.");
    }

    private static string Why(ObservedBackend backend, DeploymentState row) =>
        row.Phase.IsEnded() ? $"deployment is {row.Phase.Word()}"
        : backend.Status == BackendStatus.Stopping ? "it is stopping, and must be gone before another is begun"
        : backend.Name.Attempt != row.Attempt ? $"it is of attempt {backend.Name.Attempt}, the deployment is at {row.Attempt}"
        : row.Outcome == AttemptOutcome.Refused ? "its attempt was refused or given up"
        : "the deployment uses another backend";

    private static string Seconds(TimeSpan span) => span.TotalSeconds.ToString("0.#", CultureInfo.InvariantCulture);

    private static T Min<T>(T a, T b)
        where T : IComparable<T> => a.CompareTo(b) < 0 ? a : b;
}
