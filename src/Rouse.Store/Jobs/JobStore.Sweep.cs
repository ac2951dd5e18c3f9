using System.Data.Common;
using Dapper;
using Rouse.Core.Deployments;
using Rouse.Core.Jobs;

namespace Rouse.Store.Jobs;

/// <content>What time and lost workers do.</content>
public sealed partial class JobStore
{
    /// <summary>Runpod's words for a job whose worker was lost too often.</summary>
    private const string LostTooOften = "'job timed out after ' || (tries - 1) || ' retries'";
    private const string RanTooLong = "'job ran longer than its executionTimeout of ' || execution_ms || ' ms'";

    public ValueTask<IReadOnlyList<JobChange>> ReleaseAsync(DeploymentId deployment, string worker, CancellationToken ct) =>
        database.WriteAsync(connection => LoseAsync(
            connection, "status = 'IN_PROGRESS' and deployment = @deployment and worker = @worker", new { deployment = deployment.Value, worker }), ct);

    public async ValueTask<IReadOnlyList<JobChange>> SweepAsync(CancellationToken ct)
    {
        var args = new { Now = Now(), Most = limits.SweepBatch };
        var first = await database.ReadAsync(async connection =>
            await connection.ExecuteScalarAsync<long?>("select due_at from jobs where due_at <= @Now order by due_at limit 1", args), ct);
        if (first is null) return [];
        return await database.WriteAsync<IReadOnlyList<JobChange>>(async connection =>
        {
            var due = (await connection.QueryAsync<DueRow>($"""
                select deployment, id, drop_at <= @Now as gone, relayed = 0 and taken_at + execution_ms <= @Now as late
                from jobs where due_at <= @Now order by due_at limit @Most{database.Dialect.ForUpdateSkipLocked()}
                """, args)).AsList();
            var changes = new List<JobChange>(due.Count);
            foreach (var row in due) changes.AddRange(await SettleAsync(connection, row));
            return changes;
        }, ct);
    }

    private async ValueTask<IReadOnlyList<JobChange>> SettleAsync(DbConnection connection, DueRow row)
    {
        var key = new { deployment = row.Deployment, id = row.Id };
        if (row.Gone) return [(await connection.QueryFirstAsync<JobRow>($"delete from jobs where {This} returning {Seen}", key)).ToRemoval()];
        return row.Late
            ? await EndAsync(connection, new(JobStatus.TimedOut) { ErrorSql = RanTooLong }, This, key)
            : await LoseAsync(connection, $"status = 'IN_PROGRESS' and {This}", key);
    }

    /// <summary>The running jobs that meet the condition have lost their worker.</summary>
    private async ValueTask<IReadOnlyList<JobChange>> LoseAsync(DbConnection connection, string condition, object key)
    {
        var failed = await EndAsync(connection, new(JobStatus.Failed) { ErrorSql = LostTooOften }, $"{condition} and tries >= {limits.MaxTries}", key);
        var requeued = (await connection.QueryAsync<JobRow>($"""
            update jobs set status = 'IN_QUEUE', worker = null, again = 1, output = null, chunks = 0, chunk_bytes = 0, due_at = drop_at
            where {condition} returning {Seen}
            """, key)).AsList();
        // The next run streams from its beginning.
        foreach (var row in requeued) await connection.ExecuteAsync("delete from job_chunks where deployment = @Deployment and id = @Id", row);
        return [.. failed, .. requeued.Select(row => row.ToChange())];
    }

    private sealed class DueRow
    {
        public string Deployment { get; set; } = "";
        public string Id { get; set; } = "";
        public bool Gone { get; set; }
        public bool Late { get; set; }
    }
}
