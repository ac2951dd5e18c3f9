using System.Data;
using System.Data.Common;
using Dapper;
using Rouse.Core.Deployments;
using Rouse.Core.Jobs;
using Rouse.Core.Tenancy;

namespace Rouse.Store.Jobs;

/// <summary>What jobs of services sent, how often, and what came back.</summary>
public sealed class ServiceJobStore(Database database, TimeProvider time)
{
    // Who cannot be retried needs its request no more.
    private const string Needed = "jobs.deployment = job_requests.deployment and jobs.id = job_requests.id and jobs.status not in ('COMPLETED', 'CANCELLED')";

    private const string Held = "deployment = @Deployment and id = @Id and worker = @Worker and status = 'IN_PROGRESS'";

    /// <summary>Bytes of an error that are kept: enough for any sentence of ours and a line of a backend's.</summary>
    private const int MaxError = 1000;

    /// <summary>Whether a deployment has a job waiting, of those asked for.</summary>
    public ValueTask<IReadOnlyList<DeploymentId>> WithWaitingAsync(IReadOnlyList<DeploymentId> deployments, CancellationToken ct) => database.ReadAsync<IReadOnlyList<DeploymentId>>(
        async connection => [.. (await connection.QueryAsync<string>(
            $"select distinct deployment from jobs where {database.Dialect.In("deployment", "Ids")} and status = 'IN_QUEUE'",
            new { Ids = deployments.Select(id => id.Value).ToArray() })).Select(DeploymentId.Parse)], ct);

    /// <summary>Jobs of the deployment that wait.</summary>
    public ValueTask<int> CountWaitingAsync(DeploymentId deployment, CancellationToken ct) => database.ReadAsync(
        async connection => (int)await connection.ExecuteScalarAsync<long>(
            "select count(*) from jobs where deployment = @Deployment and status = 'IN_QUEUE' and drop_at > @Now", new { Deployment = deployment.Value, Now = time.UnixNow() }), ct);

    /// <summary>From 1 for the one that goes next; 0 for a job that does not wait.</summary>
    public ValueTask<int> PositionAsync(DeploymentId deployment, JobId id, CancellationToken ct) => database.ReadAsync(
        async connection => (int)await connection.ExecuteScalarAsync<long>("""
            select count(*) from jobs other join jobs mine on mine.deployment = other.deployment
            where mine.deployment = @Deployment and mine.id = @Id and mine.status = 'IN_QUEUE' and other.status = 'IN_QUEUE'
                and (other.low < mine.low or (other.low = mine.low and other.place <= mine.place))
            """, Key(deployment, id)), ct);

    /// <summary>Whose workers a tenant's job is for; null when it is nobody's or another's.</summary>
    public ValueTask<DeploymentId?> FindAsync(TenantId tenant, JobId id, CancellationToken ct) => database.ReadAsync(async connection =>
        await connection.QueryFirstOrDefaultAsync<string>(
            "select deployment from jobs where id = @Id and tenant = @Tenant and drop_at > @Now", new { Id = id.Value, Tenant = tenant.Value, Now = time.UnixNow() }) is { } found
            ? DeploymentId.Parse(found)
            : (DeploymentId?)null, ct);

    /// <summary>Deployments of which a worker of this name holds jobs: what a killed server of the same name left.</summary>
    public ValueTask<IReadOnlyList<DeploymentId>> HeldByAsync(string worker, CancellationToken ct) => database.ReadAsync<IReadOnlyList<DeploymentId>>(
        async connection => [.. (await connection.QueryAsync<string>(
            "select distinct deployment from jobs where worker = @Worker and status = 'IN_PROGRESS'", new { Worker = worker })).Select(DeploymentId.Parse)], ct);

    /// <summary>All that is known of the job's sending.</summary>
    public ValueTask<ServiceJob> LoadAsync(DeploymentId deployment, JobId id, CancellationToken ct) => database.ReadAsync(async connection =>
    {
        var key = Key(deployment, id);
        var request = await connection.QueryFirstOrDefaultAsync<RequestRow>(
            "select method, target, headers, repeatable, file, bytes, sha256 from job_requests where deployment = @Deployment and id = @Id", key);
        var reply = await connection.QueryFirstOrDefaultAsync<ReplyRow>("select status, headers, file, bytes, sha256 from job_replies where deployment = @Deployment and id = @Id", key);
        var queuedAt = await connection.ExecuteScalarAsync<long?>("select queued_at from jobs where deployment = @Deployment and id = @Id", key);
        var attempts = await connection.QueryAsync<AttemptRow>(
            "select n, began_at, ended_at, outcome, status, error, backend from request_attempts where deployment = @Deployment and id = @Id order by n", key);
        return new ServiceJob(request?.ToRequest(), reply?.ToReply(), UnixTime.From(queuedAt ?? 0), [.. attempts.Select(row => row.ToAttempt())]);
    }, ct);

    /// <summary>Durable before a byte is sent. False, and nothing written, when the worker has lost the job: then nothing may be sent.</summary>
    public ValueTask<bool> BeginAsync(DeploymentId deployment, JobId id, string worker, RequestAttempt attempt, CancellationToken ct)
    {
        var args = new { Deployment = deployment.Value, Id = id.Value, Worker = worker, N = (long)attempt.Number, Began = UnixTime.To(attempt.Began), attempt.Backend };
        return database.WriteAsync(async connection => await connection.ExecuteAsync($"""
            insert into request_attempts (deployment, id, n, began_at, backend)
            select deployment, id, @N, @Began, @Backend from jobs where {Held}
            """, args) == 1, ct);
    }

    /// <summary>An attempt's end, and with it the answer that its job will end with. Nothing happens when the job is gone.</summary>
    public async ValueTask EndAsync(DeploymentId deployment, JobId id, RequestAttempt attempt, KeptReply? reply, CancellationToken ct)
    {
        var args = new DynamicParameters(new { Deployment = deployment.Value, Id = id.Value, N = (long)attempt.Number, Ended = UnixTime.To(attempt.Ended!.Value) });
        args.Add("Outcome", attempt.Outcome.ToString());
        args.Add("Status", (long?)attempt.Status, DbType.Int64);
        args.Add("Error", attempt.Error is { Length: > MaxError } text ? text[..MaxError] : attempt.Error, DbType.String);
        await database.WriteAsync(async connection =>
        {
            var ended = await connection.ExecuteAsync("""
                update request_attempts set ended_at = @Ended, outcome = @Outcome, status = @Status, error = @Error
                where deployment = @Deployment and id = @Id and n = @N and ended_at is null
                """, args);
            if (ended == 1 && reply is not null) await KeepAsync(connection, deployment, id, reply);
            return ended;
        }, ct);
    }

    /// <summary>Of the newest attempt that went wrong; null when none is kept.</summary>
    public ValueTask<string?> LastErrorAsync(DeploymentId deployment, CancellationToken ct) => database.ReadAsync(async connection =>
        await connection.QueryFirstOrDefaultAsync<string?>(
            "select error from request_attempts where deployment = @Deployment and error is not null order by began_at desc limit 1", new { Deployment = deployment.Value }), ct);

    /// <summary>Those of the files that a job still needs.</summary>
    public ValueTask<IReadOnlySet<string>> InUseAsync(IReadOnlyList<string> files, CancellationToken ct) => database.ReadAsync<IReadOnlySet<string>>(async connection =>
    {
        var named = database.Dialect.In("file", "Files");
        var found = await connection.QueryAsync<string>(
            $"select file from job_requests join jobs on {Needed} where {named} union select file from job_replies where {named}", new { Files = files.ToArray() });
        return found.ToHashSet(StringComparer.Ordinal);
    }, ct);

    /// <summary>Bytes of all files that jobs still need, by tenant.</summary>
    public ValueTask<IReadOnlyDictionary<TenantId, long>> SpooledAsync(CancellationToken ct) => database.ReadAsync<IReadOnlyDictionary<TenantId, long>>(async connection =>
    {
        var rows = await connection.QueryAsync<(string Tenant, long Bytes)>($"""
            select tenant, cast(sum(bytes) as bigint) from (
                select jobs.tenant, job_requests.bytes from job_requests join jobs on {Needed} where job_requests.file is not null
                union all
                select jobs.tenant, job_replies.bytes from job_replies
                join jobs on jobs.deployment = job_replies.deployment and jobs.id = job_replies.id where job_replies.file is not null
            ) kept group by tenant
            """);
        return rows.ToDictionary(row => TenantId.Parse(row.Tenant), row => row.Bytes);
    }, ct);

    private static async ValueTask KeepAsync(DbConnection connection, DeploymentId deployment, JobId id, KeptReply reply) => await connection.ExecuteAsync("""
        insert into job_replies (deployment, id, status, headers, file, bytes, sha256)
        select deployment, id, @Status, @Headers, @File, @Bytes, @Sha256 from jobs where deployment = @Deployment and id = @Id
        on conflict (deployment, id) do update set status = excluded.status, headers = excluded.headers, file = excluded.file, bytes = excluded.bytes, sha256 = excluded.sha256
        """, new
        {
            Deployment = deployment.Value,
            Id = id.Value,
            Status = (long)reply.Status,
            Headers = HeaderLines.Write(reply.Headers),
            File = reply.Body?.Name,
            Bytes = reply.Body?.Bytes ?? 0,
            reply.Body?.Sha256,
        });

    private static object Key(DeploymentId deployment, JobId id) => new { Deployment = deployment.Value, Id = id.Value };

    private class ReplyRow
    {
        public long Status { get; set; }
        public string Headers { get; set; } = "";
        public string? File { get; set; }
        public long Bytes { get; set; }
        public byte[]? Sha256 { get; set; }

        protected SpooledBody? Body => File is null ? null : new SpooledBody(File, Bytes, Sha256!);

        public KeptReply ToReply() => new((int)Status, HeaderLines.Read(Headers), Body);
    }

    private sealed class RequestRow : ReplyRow
    {
        public string Method { get; set; } = "";
        public string Target { get; set; } = "";
        public long Repeatable { get; set; }

        public ServiceRequest ToRequest() => new(Method, Target, HeaderLines.Read(Headers), Body) { IsRepeatable = Repeatable == 1 };
    }

    private sealed class AttemptRow
    {
        public long N { get; set; }
        public long BeganAt { get; set; }
        public long? EndedAt { get; set; }
        public string? Outcome { get; set; }
        public long? Status { get; set; }
        public string? Error { get; set; }
        public string Backend { get; set; } = "";

        public RequestAttempt ToAttempt() => new(
            (int)N, UnixTime.From(BeganAt), EndedAt is { } at ? UnixTime.From(at) : null, Outcome is null ? null : Enum.Parse<AttemptEnd>(Outcome), (int?)Status, Error, Backend);
    }
}

/// <param name="Request">Null for a job whose input says what is sent.</param>
/// <param name="Reply">What the newest attempt that was answered got.</param>
/// <param name="QueuedAt">Submission, or its caller's retry: attempts before it are of earlier runs.</param>
public sealed record ServiceJob(ServiceRequest? Request, KeptReply? Reply, DateTimeOffset QueuedAt, IReadOnlyList<RequestAttempt> Attempts);
