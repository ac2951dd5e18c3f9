using System.Data;
using System.Data.Common;
using Dapper;
using Rouse.Core.Deployments;
using Rouse.Core.Jobs;
using Rouse.Core.Ports;
using Rouse.Store.Webhooks;

namespace Rouse.Store.Jobs;

/// <summary>The jobs in SQL. What callers do is here; workers' calls and the sweep are in the other parts.</summary>
public sealed partial class JobStore(Database database, JobLimits limits, TimeProvider time) : IJobStore
{
    private const string Seen = "deployment, id, tenant, status, queued_at, taken_at, ended_at, tries, worker, webhook, error, output";
    private const string This = "deployment = @deployment and id = @id";

    /// <summary>What its caller sees: a job that waits at a provider waits.</summary>
    private const string SeenStatus = "case when status = 'IN_PROGRESS' and taken_at is null then 'IN_QUEUE' else status end";
    private long _lastPlace;

    public ValueTask<Submission> SubmitAsync(NewJob job, CancellationToken ct)
    {
        var now = Now();
        var row = new
        {
            Deployment = job.Deployment.Value,
            Id = job.Id.Value,
            Tenant = job.Tenant.Value,
            Low = job.Terms.LowPriority ? 1 : 0,
            Place = NextPlace(),
            Now = now,
            ExecutionMs = (long)job.Terms.ExecutionTimeout.TotalMilliseconds,
            TtlMs = (long)job.Terms.TimeToLive.TotalMilliseconds,
            DropAt = now + (long)job.Terms.TimeToLive.TotalMilliseconds,
            job.Webhook,
            job.TraceParent,
        };
        var body = new { row.Deployment, row.Id, job.SealedS3, job.Input };
        return database.WriteAsync<Submission>(async connection =>
        {
            // Before the key is recorded: what was refused must not be known by it.
            if (job.MaxWaiting is { } most && await IsFullAsync(connection, job, most, now)) return new Submission.Full();
            if (job.Key is { } key && await RecordAsync(connection, job, key, now) is { } known) return known;
            await connection.ExecuteAsync("""
                insert into jobs (deployment, id, tenant, status, low, place, queued_at, tries, again, execution_ms, ttl_ms, drop_at, due_at, webhook, traceparent, chunks, chunk_bytes)
                values (@Deployment, @Id, @Tenant, 'IN_QUEUE', @Low, @Place, @Now, 0, 0, @ExecutionMs, @TtlMs, @DropAt, @DropAt, @Webhook, @TraceParent, 0, 0)
                """, row);
            await connection.ExecuteAsync("insert into job_inputs (deployment, id, sealed_s3, input) values (@Deployment, @Id, @SealedS3, @Input)", body);
            if (job.Request is { } request) await AddRequestAsync(connection, job, request);
            return Submission.Queued.Instance;
        }, ct);
    }

    public ValueTask<JobRecord?> GetAsync(DeploymentId deployment, JobId id, CancellationToken ct) =>
        database.ReadAsync(async connection => (await connection.QueryFirstOrDefaultAsync<JobRow>(
            $"select {Seen} from jobs where deployment = @Deployment and id = @Id and drop_at > @Now",
            new { Deployment = deployment.Value, Id = id.Value, Now = Now() }))?.ToRecord(), ct);

    public async ValueTask<JobChange?> CancelAsync(DeploymentId deployment, JobId id, CancellationToken ct)
    {
        var changes = await database.WriteAsync(
            connection => EndAsync(connection, new(JobStatus.Cancelled), This, new { deployment = deployment.Value, id = id.Value }), ct);
        return changes.SingleOrDefault();
    }

    public ValueTask<JobChange?> RetryAsync(DeploymentId deployment, JobId id, CancellationToken ct)
    {
        var args = new { Deployment = deployment.Value, Id = id.Value, Now = Now(), Place = NextPlace() };
        return database.WriteAsync(async connection =>
        {
            var row = await connection.QueryFirstOrDefaultAsync<JobRow>($"""
                update jobs set status = 'IN_QUEUE', place = @Place, queued_at = @Now, taken_at = null, ended_at = null, tries = 0, again = 1, worker = null,
                    output = null, error = null, chunks = 0, chunk_bytes = 0, drop_at = @Now + ttl_ms, due_at = @Now + ttl_ms
                where deployment = @Deployment and id = @Id and status in ('FAILED', 'TIMED_OUT') and drop_at > @Now
                returning {Seen}
                """, args);
            if (row is null) return null;
            await connection.ExecuteAsync("delete from job_chunks where deployment = @Deployment and id = @Id", args);
            return row.ToChange();
        }, ct);
    }

    public ValueTask<IReadOnlyList<JobChange>> PurgeAsync(DeploymentId deployment, CancellationToken ct) =>
        database.WriteAsync<IReadOnlyList<JobChange>>(async connection =>
        {
            var rows = await connection.QueryAsync<JobRow>(
                $"delete from jobs where deployment = @Deployment and {SeenStatus} = 'IN_QUEUE' returning {Seen}", new { Deployment = deployment.Value });
            return [.. rows.Select(row => row.ToRemoval())];
        }, ct);

    public ValueTask<IReadOnlyList<JobChange>> AbandonAsync(DeploymentId deployment, string error, CancellationToken ct) =>
        database.WriteAsync(connection => EndAsync(
            connection, new(JobStatus.Failed) { Error = error }, "deployment = @deployment", new { deployment = deployment.Value }), ct);

    public ValueTask<JobLoad> LoadAsync(DeploymentId deployment, CancellationToken ct) => database.ReadAsync(async connection =>
    {
        var args = new { Deployment = deployment.Value };
        var queued = await connection.ExecuteScalarAsync<long>("select count(*) from jobs where deployment = @Deployment and status = 'IN_QUEUE'", args);
        var head = queued == 0 ? null : await connection.ExecuteScalarAsync<long?>(
            "select queued_at from jobs where deployment = @Deployment and status = 'IN_QUEUE' order by low, place limit 1", args);
        var running = await connection.QueryAsync<CountRow>(
            "select worker as name, count(*) as number from jobs where deployment = @Deployment and status = 'IN_PROGRESS' group by worker", args);
        return new JobLoad(
            (int)queued,
            TimeSpan.FromMilliseconds(head is { } at ? Math.Max(0, Now() - at) : 0),
            running.ToDictionary(row => row.Name, row => (int)row.Number, StringComparer.Ordinal));
    }, ct);

    public ValueTask<JobTotals> CountAsync(DeploymentId deployment, CancellationToken ct) => database.ReadAsync(async connection =>
    {
        var args = new { Deployment = deployment.Value };
        var rows = await connection.QueryAsync<CountRow>($"select {SeenStatus} as name, count(*) as number from jobs where deployment = @Deployment group by 1", args);
        var by = rows.ToDictionary(row => JobStatuses.Parse(row.Name), row => row.Number);
        var retried = await connection.ExecuteScalarAsync<long>("select count(*) from jobs where deployment = @Deployment and again = 1", args);
        return new JobTotals(
            by.GetValueOrDefault(JobStatus.Completed), by.GetValueOrDefault(JobStatus.Failed) + by.GetValueOrDefault(JobStatus.TimedOut),
            by.GetValueOrDefault(JobStatus.InProgress), by.GetValueOrDefault(JobStatus.InQueue), retried);
    }, ct);

    /// <summary>The one way into an end: jobs that meet the condition and have not ended end so, and their webhooks are queued with them.</summary>
    private async ValueTask<IReadOnlyList<JobChange>> EndAsync(DbConnection connection, Ending end, string condition, object key)
    {
        var now = Now();
        var args = new DynamicParameters(key);
        args.Add("now", now);
        args.Add("drop", now + (long)limits.ResultsKept.TotalMilliseconds);
        args.Add("status", end.Status.Word());
        args.Add("error", end.Error, DbType.String);
        args.Add("output", end.Output, DbType.Binary);
        args.Add("reporter", end.Reporter, DbType.String);
        args.Add("taken", end.TakenAt, DbType.Int64);
        var rows = (await connection.QueryAsync<JobRow>($"""
            update jobs set status = @status, error = {end.ErrorSql}, output = @output, worker = coalesce(worker, @reporter), taken_at = coalesce(@taken, taken_at),
                ended_at = @now, drop_at = @drop, due_at = @drop
            where {condition} and status in ('IN_QUEUE', 'IN_PROGRESS') and drop_at > @now
            returning deployment, id, tenant, status, queued_at, taken_at, ended_at, tries, worker, webhook, error
            """, args)).AsList();
        foreach (var row in rows) await TellAsync(connection, row, end.Output, now);
        return rows.ConvertAll(row => row.ToChange());
    }

    private async ValueTask TellAsync(DbConnection connection, JobRow row, byte[]? output, long now)
    {
        row.IsTold = await WebhookOutbox.PublishAsync(connection, database.Dialect, row.ToEvent(), now) > 0;
        if (row.Webhook is null) return;
        row.Output = output;
        var input = await connection.ExecuteScalarAsync<byte[]>("select input from job_inputs where deployment = @Deployment and id = @Id", new { row.Deployment, row.Id });
        await WebhookOutbox.QueueAsync(connection, row.ToWebhook(input!), now);
        row.IsTold = true;
    }

    private long Now() => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Microseconds, but never the same twice: two jobs of one moment keep their order.</summary>
    private long NextPlace()
    {
        while (true)
        {
            var last = Volatile.Read(ref _lastPlace);
            var next = Math.Max(last + 1, time.GetUtcNow().Ticks / TimeSpan.TicksPerMicrosecond);
            if (Interlocked.CompareExchange(ref _lastPlace, next, last) == last) return next;
        }
    }

    /// <summary>How jobs end. <see cref="ErrorSql"/> may speak of the row.</summary>
    private sealed record Ending(JobStatus Status)
    {
        public string ErrorSql { get; init; } = "@error";
        public string? Error { get; init; }
        public byte[]? Output { get; init; }
        public string? Reporter { get; init; }

        /// <summary>When its run began, where that is known better than from the row.</summary>
        public long? TakenAt { get; init; }
    }

    private sealed class CountRow
    {
        public string Name { get; set; } = "";
        public long Number { get; set; }
    }
}
