namespace Rouse.Core.Deployments;

/// <summary>
/// What a worker's report changes, whatever order reports arrive in and however often: pure, so that every history can be tried. A phase or a
/// progress that is older than what the same worker said last changes nothing; <see cref="Phases.MayAdvance"/> has the last word.
/// </summary>
public static class ReportRules
{
    /// <param name="attempt">The attempt the report was signed for.</param>
    /// <param name="sequence">The worker's own count.</param>
    public static ReportVerdict Decide(DeploymentState row, int attempt, long sequence, Phase? phase, ReportMarks marks)
    {
        if (attempt != row.Attempt || row.Outcome == AttemptOutcome.Refused || row.Phase == Phase.Deleted) return new(ReportOutcome.Stale);
        if (marks.Seen) return new(ReportOutcome.Duplicate);
        var isNews = phase is not null && sequence > marks.LastPhase;
        var to = isNews && Phases.MayAdvance(row.Phase, row.Attempt, phase!.Value, attempt) ? phase : null;
        return new(ReportOutcome.Applied, to, isNews, sequence > marks.LastProgress);
    }
}

/// <summary>What is remembered of one worker's reports.</summary>
/// <param name="Seen">This very report was taken before.</param>
/// <param name="LastPhase">The highest number of a report with a phase; 0 before the first.</param>
/// <param name="LastProgress">The same of progress.</param>
public readonly record struct ReportMarks(bool Seen, long LastPhase, long LastProgress);

/// <param name="To">The phase the deployment goes to; null when it stays.</param>
/// <param name="MarksPhase">Its phase is the newest its worker told, whether or not the deployment moves.</param>
/// <param name="TakesProgress">A progress in it is the newest.</param>
public readonly record struct ReportVerdict(ReportOutcome Outcome, Phase? To = null, bool MarksPhase = false, bool TakesProgress = false);

public enum ReportOutcome
{
    NotFound,
    Applied,

    /// <summary>Was applied before.</summary>
    Duplicate,

    /// <summary>Speaks of an attempt that is not the row's any more, or of a deployment that is gone. Nothing was changed.</summary>
    Stale,

    /// <summary>The deployment is gone, but its backend serves others: nothing was changed, and the worker is still wanted.</summary>
    Lent,
}
