using System.Collections.Concurrent;
using Rouse.Core.Deployments;

namespace Rouse.Server.Background;

/// <summary>
/// How long this process has known of each deployment's attempt, by a clock that nobody sets. What must outlast a call and a list's lag is measured
/// so: a wall clock that jumps ahead by an hour would make a create that is still under way look settled, and another would be made beside it.
/// After a restart the time counts anew, which errs on the safe side.
/// </summary>
internal sealed class AttemptWatch(TimeProvider time)
{
    private readonly ConcurrentDictionary<DeploymentId, (int Attempt, AttemptOutcome Outcome, long Since)> _seen = new();

    /// <summary>The row as if its attempt had begun, or ended as it did, when this process first knew of that.</summary>
    public DeploymentState Measured(DeploymentState row, PassClock clock)
    {
        if (row.AttemptAt is null) return row;
        var stamp = time.GetTimestamp();
        var first = (row.Attempt, row.Outcome, stamp);
        var (_, _, since) = _seen.AddOrUpdate(row.Id, first, (_, seen) => (seen.Attempt, seen.Outcome) == (row.Attempt, row.Outcome) ? seen : first);
        return row with { AttemptAt = clock.Now - time.GetElapsedTime(since, stamp) };
    }

    public void Forget(DeploymentId id) => _seen.TryRemove(id, out _);
}

/// <summary>The time of one pass: the wall clock as it was when the pass began, and from there on what really went by.</summary>
internal sealed class PassClock(TimeProvider time)
{
    private readonly DateTimeOffset _began = time.GetUtcNow();
    private readonly long _stamp = time.GetTimestamp();

    public DateTimeOffset Now => _began + time.GetElapsedTime(_stamp);
}
