using Dapper;
using Rouse.Core.Deployments;
using Rouse.Core.Jobs;

namespace Rouse.Store.Jobs;

/// <content>What workers do.</content>
public sealed partial class JobStore
{
    /// <summary>Bookkeeping that one streamed item costs besides its bytes; keeps a flood of tiny items bounded too.</summary>
    private const int ChunkOverhead = 100;

    // What is hibernated is about to be stopped: a job taken there would be cut off.
    // A CTE, because a plan may run an `in (select … limit)` more than once and take more rows than asked for.
    private readonly string _take = $"""
        with next as materialized (
            select id as next_id from jobs
            where deployment = @Deployment and status = 'IN_QUEUE' and drop_at > @Now
                and not exists (select 1 from deployments d where d.id = @Deployment and d.phase = 'Hibernated')
            order by low, place limit @Most{database.Dialect.ForUpdateSkipLocked()})
        update jobs set status = 'IN_PROGRESS', worker = @Worker, taken_at = @TakenAt, relayed = @Relayed, tries = tries + 1,
            due_at = {Least(database)}(@Now + @Lease, case when @Relayed = 1 then drop_at else @Now + execution_ms end, drop_at)
        from next where deployment = @Deployment and id = next_id
        returning id, low, place, queued_at, execution_ms, drop_at, webhook, traceparent,
            (select sealed_s3 from job_inputs i where i.deployment = jobs.deployment and i.id = jobs.id) as sealed_s3,
            (select input from job_inputs i where i.deployment = jobs.deployment and i.id = jobs.id) as input
        """;

    private readonly string _extend = $"""
        update jobs set due_at = {Least(database)}(@Now + @Lease, case when relayed = 1 then drop_at else taken_at + execution_ms end, drop_at)
        where deployment = @Deployment and worker = @Worker and status = 'IN_PROGRESS' and id {OneOf(database)} returning id
        """;

    private readonly string _ended = $"""
        select id from jobs where deployment = @Deployment and id {OneOf(database)} and worker = @Worker and status in ('COMPLETED', 'FAILED')
        """;

    public ValueTask<IReadOnlyList<TakenJob>> TakeAsync(DeploymentId deployment, string worker, int most, CancellationToken ct) =>
        TakeAsync(deployment, worker, most, relayed: false, ct);

    public async ValueTask ReturnAsync(DeploymentId deployment, string worker, IReadOnlyList<JobId> jobs, CancellationToken ct)
    {
        var args = new { Deployment = deployment.Value, Worker = worker, Ids = Values(jobs) };
        await database.WriteAsync(async connection => await connection.ExecuteAsync($"""
            update jobs set status = 'IN_QUEUE', worker = null, tries = tries - 1, due_at = drop_at
            where deployment = @Deployment and worker = @Worker and status = 'IN_PROGRESS' and id {OneOf(database)}
            """, args), ct);
    }

    public ValueTask<IReadOnlyList<JobId>> ExtendAsync(DeploymentId deployment, string worker, IReadOnlyList<JobId> jobs, CancellationToken ct)
    {
        var args = new { Deployment = deployment.Value, Worker = worker, Ids = Values(jobs), Now = Now(), Lease = (long)limits.Lease.TotalMilliseconds };
        return database.WriteAsync<IReadOnlyList<JobId>>(async connection =>
        {
            var fine = (await connection.QueryAsync<string>(_extend, args)).ToHashSet(StringComparer.Ordinal);
            if (fine.Count < jobs.Count) fine.UnionWith(await connection.QueryAsync<string>(_ended, args));
            return [.. jobs.Where(job => !fine.Contains(job.Value))];
        }, ct);
    }

    public async ValueTask<JobChange?> FinishAsync(DeploymentId deployment, JobId id, JobResult result, CancellationToken ct)
    {
        var status = result.EndsAs ?? (result.Error is null ? JobStatus.Completed : JobStatus.Failed);
        var end = new Ending(status)
        {
            Error = result.Error, Output = result.Output, Reporter = result.Worker, TakenAt = result.Execution is { } ran ? Now() - (long)ran.TotalMilliseconds : null,
        };
        var key = new { deployment = deployment.Value, id = id.Value };
        var changes = await database.WriteAsync(connection => EndAsync(connection, end, $"{This} and tries > 0", key), ct);
        return changes.SingleOrDefault();
    }

    public ValueTask<bool> ProgressAsync(DeploymentId deployment, JobId id, byte[] output, CancellationToken ct) =>
        database.WriteAsync(async connection => await connection.ExecuteAsync(
            "update jobs set output = @Output where deployment = @Deployment and id = @Id and status = 'IN_PROGRESS'",
            new { Deployment = deployment.Value, Id = id.Value, Output = output }) == 1, ct);

    public ValueTask<bool> AppendChunkAsync(DeploymentId deployment, JobId id, byte[] output, CancellationToken ct, long number = 0)
    {
        var args = new { Deployment = deployment.Value, Id = id.Value, Number = number, Size = (long)output.Length + ChunkOverhead, Most = limits.MaxUnreadStream };
        return database.WriteAsync(async connection =>
        {
            var kept = await connection.ExecuteScalarAsync<long?>("""
                update jobs set chunks = chunks + 1, chunk_bytes = chunk_bytes + @Size
                where deployment = @Deployment and id = @Id and status = 'IN_PROGRESS' and chunk_bytes + @Size <= @Most
                    and (@Number = 0 or chunks = @Number - 1)
                returning chunks
                """, args);
            if (kept is null && number > 0)
            {
                // Its worker did not hear that it was kept.
                return await connection.ExecuteScalarAsync<long?>(
                    "select chunks from jobs where deployment = @Deployment and id = @Id and status = 'IN_PROGRESS' and chunks >= @Number", args) is not null;
            }

            return kept is { } n && await connection.ExecuteAsync(
                "insert into job_chunks (deployment, id, n, body) values (@Deployment, @Id, @N, @Body)",
                new { args.Deployment, args.Id, N = n, Body = output }) == 1;
        }, ct);
    }

    public async ValueTask<IReadOnlyList<byte[]>> DrainChunksAsync(DeploymentId deployment, JobId id, CancellationToken ct)
    {
        var args = new { Deployment = deployment.Value, Id = id.Value };
        var any = await database.ReadAsync(async connection =>
            await connection.ExecuteScalarAsync<long?>("select n from job_chunks where deployment = @Deployment and id = @Id limit 1", args), ct);
        if (any is null) return [];
        return await database.WriteAsync<IReadOnlyList<byte[]>>(async connection =>
        {
            var rows = await connection.QueryAsync<ChunkRow>("delete from job_chunks where deployment = @Deployment and id = @Id returning n, body", args);
            await connection.ExecuteAsync("update jobs set chunk_bytes = 0 where deployment = @Deployment and id = @Id", args);
            return [.. rows.OrderBy(row => row.N).Select(row => row.Body)];
        }, ct);
    }

    private ValueTask<IReadOnlyList<TakenJob>> TakeAsync(DeploymentId deployment, string worker, int most, bool relayed, CancellationToken ct)
    {
        var now = Now();
        var args = new
        {
            Deployment = deployment.Value,
            Worker = worker,
            Most = most,
            Now = now,
            TakenAt = relayed ? (long?)null : now,
            Relayed = relayed ? 1 : 0,
            Lease = (long)limits.Lease.TotalMilliseconds,
        };
        return database.WriteAsync<IReadOnlyList<TakenJob>>(
            async connection => [.. (await connection.QueryAsync<JobRow>(_take, args)).OrderBy(row => (row.Low, row.Place)).Select(row => row.ToTaken(now))], ct);
    }

    private static string[] Values(IReadOnlyList<JobId> jobs) => [.. jobs.Select(job => job.Value)];

    private static string Least(Database database) => database.Dialect == SqlDialect.Postgres ? "least" : "min";

    /// <summary>Npgsql takes an array as one parameter; for SQLite Dapper writes a list.</summary>
    private static string OneOf(Database database) => database.Dialect == SqlDialect.Postgres ? "= any(@Ids)" : "in @Ids";

    private sealed class ChunkRow
    {
        public long N { get; set; }
        public byte[] Body { get; set; } = [];
    }
}
