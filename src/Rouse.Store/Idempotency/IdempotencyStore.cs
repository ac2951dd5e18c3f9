using System.Data.Common;
using Dapper;
using Rouse.Core.Tenancy;

namespace Rouse.Store.Idempotency;

/// <summary>
/// Idempotency keys (draft-ietf-httpapi-idempotency-key-header). What is one transaction records its reply within it and is never seen running
/// (<see cref="Deployments.DeploymentStore.InsertAsync(TenantId, Deployments.NewDeployment, CancellationToken)"/>); what takes longer claims the key
/// first with <see cref="BeginAsync"/>.
/// </summary>
public sealed class IdempotencyStore(Database database, TimeProvider time)
{
    /// <summary>How long a reply is repeated, from the first request on.</summary>
    public static readonly TimeSpan Retention = TimeSpan.FromHours(24);

    /// <summary>How long a claim without a reply stands: longer than any request runs; what a crash delays a repetition by.</summary>
    public static readonly TimeSpan ClaimLength = TimeSpan.FromMinutes(2);

    /// <summary>Looks without claiming. <see cref="IdempotencyOutcome.Fresh"/> means only that nothing is known yet.</summary>
    public ValueTask<IdempotencyOutcome> FindAsync(TenantId tenant, IdempotencyKey key, CancellationToken ct) =>
        database.ReadAsync(connection => FindAsync(connection, tenant, key, time.UnixNow()), ct);

    /// <summary>Claims the key for a request that is about to run.</summary>
    public ValueTask<IdempotencyOutcome> BeginAsync(TenantId tenant, IdempotencyKey key, CancellationToken ct) =>
        database.WriteAsync(connection => ClaimAsync(connection, tenant, key, status: null, body: null, time.UnixNow(), ClaimLength), ct);

    /// <summary>Records the reply of a claimed request.</summary>
    public async ValueTask CompleteAsync(TenantId tenant, RecordedReply reply, CancellationToken ct) => await database.WriteAsync(
        async connection => await connection.ExecuteAsync(
            """
            update idempotency set status = @Status, body = @Body, expires_at = @expires
            where tenant = @tenant and scope = @Scope and key = @Key and fingerprint = @Fingerprint and status is null
            """,
            new
            {
                tenant = tenant.Value, reply.Key.Scope, reply.Key.Key, reply.Key.Fingerprint, reply.Status, reply.Body,
                expires = time.UnixNow() + (long)Retention.TotalMilliseconds,
            }),
        ct);

    /// <summary>Gives a claim back: the request ended without an effect, and its repetition may run.</summary>
    public async ValueTask AbandonAsync(TenantId tenant, IdempotencyKey key, CancellationToken ct) => await database.WriteAsync(
        async connection => await connection.ExecuteAsync(
            "delete from idempotency where tenant = @tenant and scope = @Scope and key = @Key and fingerprint = @Fingerprint and status is null",
            new { tenant = tenant.Value, key.Scope, key.Key, key.Fingerprint }),
        ct);

    /// <summary>Forgets what has expired.</summary>
    public async ValueTask<int> PruneAsync(CancellationToken ct) => await database.WriteAsync(
        async connection => await connection.ExecuteAsync("delete from idempotency where expires_at <= @now", new { now = time.UnixNow() }), ct);

    /// <summary>Claims the key and records its reply at once, inside the transaction that does the work.</summary>
    internal static ValueTask<IdempotencyOutcome> RecordAsync(DbConnection connection, TenantId tenant, RecordedReply reply, long now) =>
        ClaimAsync(connection, tenant, reply.Key, reply.Status, reply.Body, now, Retention);

    // On PostgreSQL the insert waits for a transaction that has just inserted the same key, so what is read after it is decided.
    private static async ValueTask<IdempotencyOutcome> ClaimAsync(
        DbConnection connection, TenantId tenant, IdempotencyKey key, int? status, string? body, long now, TimeSpan length)
    {
        var claimed = await connection.ExecuteAsync(
            """
            insert into idempotency (tenant, scope, key, fingerprint, status, body, expires_at)
            values (@tenant, @Scope, @Key, @Fingerprint, @status, @body, @expires)
            on conflict (tenant, scope, key) do update set
                fingerprint = excluded.fingerprint, status = excluded.status, body = excluded.body, expires_at = excluded.expires_at
            where idempotency.expires_at <= @now
            """,
            new { tenant = tenant.Value, key.Scope, key.Key, key.Fingerprint, status, body, expires = now + (long)length.TotalMilliseconds, now });
        return claimed == 1 ? IdempotencyOutcome.Fresh.Instance : await FindAsync(connection, tenant, key, now);
    }

    /// <summary>Looks inside a transaction that is open already.</summary>
    internal static async ValueTask<IdempotencyOutcome> FindAsync(DbConnection connection, TenantId tenant, IdempotencyKey key, long now)
    {
        var row = await connection.QuerySingleOrDefaultAsync<IdempotencyRow>(
            "select fingerprint, status, body from idempotency where tenant = @tenant and scope = @Scope and key = @Key and expires_at > @now",
            new { tenant = tenant.Value, key.Scope, key.Key, now });
        if (row is null) return IdempotencyOutcome.Fresh.Instance;
        if (!row.Fingerprint.AsSpan().SequenceEqual(key.Fingerprint)) return new IdempotencyOutcome.Conflict();
        return row.Status is { } status ? new IdempotencyOutcome.Replay((int)status, row.Body ?? "") : new IdempotencyOutcome.InProgress();
    }

    private sealed record IdempotencyRow
    {
        public byte[] Fingerprint { get; init; } = [];

        public long? Status { get; init; }

        public string? Body { get; init; }
    }
}
