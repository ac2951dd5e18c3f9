using System.Data.Common;
using System.Globalization;
using Dapper;
using Rouse.Core.Deployments;
using Rouse.Core.Tenancy;
using Rouse.Store.Caching;
using Rouse.Store.Events;

namespace Rouse.Store.Deployments;

/// <summary>What a worker says about its attempt.</summary>
/// <param name="Worker">One life of one worker.</param>
/// <param name="Sequence">The worker's own count.</param>
/// <param name="Failure">With <see cref="Phase.Failed"/>.</param>
public sealed record AttemptReport(
    int Attempt, string Worker, long Sequence, Phase? Phase, FailureCause? Failure, IReadOnlyList<LogEntry> Logs, ProgressEntry? Progress)
{
    /// <summary>The same report sent twice carries the same.</summary>
    public string MessageId { get; init; } = string.Create(CultureInfo.InvariantCulture, $"{Worker}/{Sequence}");

    /// <summary>What its start had of the cache.</summary>
    public CacheUse? Cache { get; init; }

    /// <summary>With <see cref="Phase.Ready"/>: what its start took.</summary>
    public ColdStartTimes? Times { get; init; }
}

public sealed partial class DeploymentStore
{
    /// <summary>
    /// Takes a report: deduplicated, its lines and progress kept, the phase moved as <see cref="ReportRules"/> say, in one transaction.
    /// </summary>
    public async ValueTask<ReportOutcome> ApplyReportAsync(TenantId tenant, DeploymentId id, AttemptReport report, CancellationToken ct)
    {
        var outcome = await database.WriteAsync(
            async connection =>
            {
                var now = time.UnixNow();
                if (await DeploymentRow.LockAsync(connection, database.Dialect, tenant, id) is not { } row) return ReportOutcome.NotFound;
                var marks = await MarksAsync(connection, id, report);
                var verdict = ReportRules.Decide(row, report.Attempt, report.Sequence, report.Phase, marks);
                if (verdict.Outcome == ReportOutcome.Stale && await IsLentAsync(connection, row, report.Attempt)) return ReportOutcome.Lent;
                if (verdict.Outcome != ReportOutcome.Applied) return verdict.Outcome;
                await Inbox.TryAddAsync(connection, Source(id), InboxId(report), now);

                // The phase comes last: a stream ends at a terminal phase, and what led to it must be on this side of the end.
                await LogStore.AppendAsync(connection, tenant, id, now, report.Logs, events.Logs);
                if (report.Progress is { } progress && verdict.TakesProgress)
                {
                    await MarkAsync(connection, id, report, "progress", now);
                    await EventStore.AppendAsync(connection, tenant, id, now, progress);
                    await EventStore.TrimAsync(connection, id, EventKinds.Progress, EventStore.MaxProgress);
                }

                if (report.Cache is { } use) await CacheStore.AddUseAsync(connection, id, use);
                if (report.Times is { } times) await ColdStartStore.PutAsync(connection, id, report.Attempt, times, now);
                if (verdict.MarksPhase) await MarkAsync(connection, id, report, "phase", now);
                if (verdict.To is { } to && Advanced(row, report.Attempt, to, report.Failure) is { } next) await SaveAsync(connection, row, next, report.Times);
                return ReportOutcome.Applied;
            },
            ct);
        if (outcome is ReportOutcome.Applied) events.Announce(id);
        return outcome;
    }

    private static string Source(DeploymentId id) => "report/" + id;

    private static string InboxId(AttemptReport report) => string.Create(CultureInfo.InvariantCulture, $"{report.Attempt}/{report.MessageId}");

    private static async ValueTask<ReportMarks> MarksAsync(DbConnection connection, DeploymentId id, AttemptReport report)
    {
        var row = await connection.QuerySingleAsync<MarksRow>(
            """
            select
                (select count(*) from inbox where source = @source and event_id = @message) as seen,
                (select coalesce(max(sequence), 0) from report_marks where deployment_id = @id and attempt = @Attempt and worker = @Worker and kind = 'phase') as phase,
                (select coalesce(max(sequence), 0) from report_marks where deployment_id = @id and attempt = @Attempt and worker = @Worker and kind = 'progress') as progress
            """,
            new { source = Source(id), message = InboxId(report), id = id.Value, report.Attempt, report.Worker });
        return new ReportMarks(row.Seen > 0, row.Phase, row.Progress);
    }

    private static async ValueTask MarkAsync(DbConnection connection, DeploymentId id, AttemptReport report, string kind, long at) => await connection.ExecuteAsync(
        """
        insert into report_marks (deployment_id, attempt, worker, kind, sequence, at) values (@id, @Attempt, @Worker, @kind, @Sequence, @at)
        on conflict (deployment_id, attempt, worker, kind) do update set sequence = excluded.sequence, at = excluded.at
        """,
        new { id = id.Value, report.Attempt, report.Worker, kind, report.Sequence, at });

    /// <summary>Whether the ended row's own last attempt made a backend that others of the tenant use: its workers know no other deployment to report to.</summary>
    private async ValueTask<bool> IsLentAsync(DbConnection connection, DeploymentState row, int attempt) =>
        row.Backend is { } backend && row.Attempt == attempt && row.Phase.IsEnded() && (await OthersUsingAsync(connection, row.Tenant, row.Id, [backend])).Count > 0;

    private sealed record MarksRow
    {
        public long Seen { get; init; }

        public long Phase { get; init; }

        public long Progress { get; init; }
    }
}
