using System.Globalization;
using Rouse.Core.Deployments;
using Rouse.Core.Tenancy;
using Rouse.Store.Events;

namespace Rouse.Store.Deployments;

/// <summary>What a worker says about its attempt.</summary>
/// <param name="Sequence">The worker's own count; the same report sent twice carries the same.</param>
/// <param name="Failure">With <see cref="Phase.Failed"/>.</param>
public sealed record AttemptReport(
    int Attempt, string Worker, long Sequence, Phase? Phase, FailureCause? Failure, IReadOnlyList<LogEntry> Logs, ProgressEntry? Progress);

public enum ReportOutcome
{
    NotFound,
    Applied,

    /// <summary>Was applied before.</summary>
    Duplicate,

    /// <summary>Speaks of an attempt that is not the row's any more, or of a deployment that is gone. Nothing was changed.</summary>
    Stale,
}

public sealed partial class DeploymentStore
{
    /// <summary>
    /// Takes a report: deduplicated, its lines and progress kept, the phase moved where <see cref="Phases.MayAdvance"/> allows, in one transaction.
    /// </summary>
    public async ValueTask<ReportOutcome> ApplyReportAsync(TenantId tenant, DeploymentId id, AttemptReport report, CancellationToken ct)
    {
        var outcome = await database.WriteAsync(
            async connection =>
            {
                var now = time.UnixNow();
                if (await DeploymentRow.LockAsync(connection, database.Dialect, tenant, id) is not { } row) return ReportOutcome.NotFound;
                var isGivenUp = row.Outcome == AttemptOutcome.Refused;
                if (report.Attempt != row.Attempt || isGivenUp || row.Phase == Phase.Deleted) return ReportOutcome.Stale;
                var number = string.Create(CultureInfo.InvariantCulture, $"{report.Attempt}/{report.Worker}/{report.Sequence}");
                if (!await Inbox.TryAddAsync(connection, "report/" + id, number, now)) return ReportOutcome.Duplicate;

                // The phase comes last: a stream ends at a terminal phase, and what led to it must be on this side of the end.
                await LogStore.AppendAsync(connection, tenant, id, now, report.Logs);
                if (report.Progress is { } progress)
                {
                    await EventStore.AppendAsync(connection, tenant, id, now, progress);
                    await EventStore.TrimAsync(connection, id, EventKinds.Progress, EventStore.MaxProgress);
                }

                if (report.Phase is { } to && Advanced(row, report.Attempt, to, report.Failure) is { } next) await SaveAsync(connection, row, next);
                return ReportOutcome.Applied;
            },
            ct);
        if (outcome is ReportOutcome.Applied) events.Announce(id);
        return outcome;
    }
}
