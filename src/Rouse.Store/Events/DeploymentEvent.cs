using Rouse.Core.Deployments;

namespace Rouse.Store.Events;

/// <summary>One line of a deployment's history, written in the transaction of what it tells.</summary>
/// <param name="Seq">Grows within a deployment in the order of commits, so a reader that has seen one has seen all before it. Gaps mean
/// nothing.</param>
/// <param name="News">A <see cref="PhaseChange"/>, <see cref="LogEntry"/> or <see cref="ProgressEntry"/>.</param>
public sealed record DeploymentEvent(long Seq, DateTimeOffset At, EventNews News);

public abstract record EventNews
{
    private protected EventNews()
    {
    }
}

/// <param name="Cause">Why it failed; null otherwise.</param>
public sealed record PhaseChange(Phase Phase, int Attempt, FailureCause? Cause = null) : EventNews
{
    /// <summary>What the worker's start took that made it ready, where the worker told.</summary>
    public ColdStartTimes? ColdStart { get; init; }
}

/// <param name="Timestamp">When the line was written where it came from.</param>
/// <param name="Level"><c>debug</c>, <c>info</c>, <c>warn</c> or <c>error</c>.</param>
public sealed record LogEntry(DateTimeOffset Timestamp, string Level, string Message) : EventNews;

/// <param name="Stage">What is measured: <c>download</c> or <c>load</c>.</param>
/// <param name="Total">In <paramref name="Unit"/>; null while unknown.</param>
public sealed record ProgressEntry(string Stage, long Done, long? Total, string Unit) : EventNews;
