using Dapper;
using Rouse.Core.Tenancy;
using Rouse.Store.Idempotency;

namespace Rouse.Store.Tenants;

/// <summary>The keys this server made. Revoked ones stay, so that a list tells what became of them.</summary>
public sealed class ApiKeyStore(Database database, TimeProvider time)
{
    private const string Columns = "id, tenant, name, scopes, digest, hint, created_at, expires_at, revoked_at, used_at";

    /// <param name="most">Keys of the tenant that are not revoked, this one included.</param>
    /// <param name="caller">Whose repetitions <paramref name="reply"/> answers.</param>
    /// <param name="reply">Recorded with it. What it holds of the key must be sealed.</param>
    /// <returns>Fresh when it is in; what the reply's key means when it is known already; null when the tenant has that many keys.</returns>
    public ValueTask<IdempotencyOutcome?> TryInsertAsync(ApiKeyRecord key, int most, CancellationToken ct, TenantId? caller = null, RecordedReply? reply = null) => database.WriteAsync<IdempotencyOutcome?>(
        async connection =>
        {
            // Holds the tenant's row, so that two inserts count each other.
            await connection.ExecuteScalarAsync<string>("select id from tenants where id = @tenant" + database.Dialect.ForUpdate(), new { tenant = key.Tenant.Value });
            var alive = await connection.ExecuteScalarAsync<long>(
                "select count(*) from api_keys where tenant = @tenant and revoked_at is null", new { tenant = key.Tenant.Value });
            if (alive >= most) return null;
            if (reply is not null && await IdempotencyStore.RecordAsync(connection, caller ?? key.Tenant, reply, time.UnixNow()) is { } known and not IdempotencyOutcome.Fresh) return known;
            await connection.ExecuteAsync(
                $"insert into api_keys ({Columns}) values (@Id, @tenant, @Name, @Scopes, @Digest, @Hint, @created, @expires, null, null)",
                new
                {
                    key.Id, tenant = key.Tenant.Value, key.Name, key.Scopes, key.Digest, key.Hint, created = key.CreatedAt.ToUnixTimeMilliseconds(),
                    expires = UnixTime.To(key.ExpiresAt),
                });
            return IdempotencyOutcome.Fresh.Instance;
        },
        ct);

    /// <summary>The one look-up without a tenant: the key tells whose it is.</summary>
    public ValueTask<ApiKeyRecord?> FindAsync(string id, CancellationToken ct) => database.ReadAsync(
        async connection => (await connection.QuerySingleOrDefaultAsync<Row>($"select {Columns} from api_keys where id = @id", new { id }))?.ToRecord(), ct);

    /// <summary>The newest first.</summary>
    public ValueTask<IReadOnlyList<ApiKeyRecord>> ListAsync(TenantId tenant, int limit, CancellationToken ct) => database.ReadAsync<IReadOnlyList<ApiKeyRecord>>(
        async connection =>
        [
            .. (await connection.QueryAsync<Row>(
                $"select {Columns} from api_keys where tenant = @tenant order by created_at desc, id desc limit @limit", new { tenant = tenant.Value, limit }))
            .Select(row => row.ToRecord()),
        ],
        ct);

    /// <summary>Whether anybody has a key that is good now.</summary>
    public ValueTask<bool> AnyAsync(CancellationToken ct) => database.ReadAsync(
        async connection => await connection.ExecuteScalarAsync<long>(
            "select count(*) from api_keys where revoked_at is null and (expires_at is null or expires_at > @now)", new { now = time.UnixNow() }) > 0,
        ct);

    /// <summary>Revoking again keeps the first time.</summary>
    /// <returns>False when the tenant has no such key.</returns>
    public async ValueTask<bool> RevokeAsync(TenantId tenant, string id, CancellationToken ct) => await database.WriteAsync(
        async connection => await connection.ExecuteAsync(
            "update api_keys set revoked_at = coalesce(revoked_at, @now) where tenant = @tenant and id = @id", new { tenant = tenant.Value, id, now = time.UnixNow() }),
        ct) == 1;

    public async ValueTask TouchAsync(TenantId tenant, string id, CancellationToken ct) => await database.WriteAsync(
        async connection => await connection.ExecuteAsync(
            "update api_keys set used_at = @now where tenant = @tenant and id = @id", new { tenant = tenant.Value, id, now = time.UnixNow() }),
        ct);

    private sealed record Row
    {
        public string Id { get; init; } = "";

        public string Tenant { get; init; } = "";

        public string Name { get; init; } = "";

        public string Scopes { get; init; } = "";

        public byte[] Digest { get; init; } = [];

        public string Hint { get; init; } = "";

        public long CreatedAt { get; init; }

        public long? ExpiresAt { get; init; }

        public long? RevokedAt { get; init; }

        public long? UsedAt { get; init; }

        public ApiKeyRecord ToRecord() => new(Id, TenantId.Parse(Tenant), Name, Scopes, Digest, Hint, UnixTime.From(CreatedAt))
        {
            ExpiresAt = UnixTime.From(ExpiresAt), RevokedAt = UnixTime.From(RevokedAt), UsedAt = UnixTime.From(UsedAt),
        };
    }
}
