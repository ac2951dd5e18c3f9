using System.Data.Common;
using Dapper;
using Rouse.Core.Tenancy;

namespace Rouse.Store.Tenants;

/// <summary>Keys of providers that identify tenants, and the accounts they open. An account is one tenant's, for ever.</summary>
public sealed class IdentityStore(Database database, TimeProvider time)
{
    private const string Columns = "id, provider, tenant, account, name, digest, hint, created_at, revoked_at, used_at";

    /// <summary>Looks without a tenant: the key tells whose it is. Revoked ones are found too.</summary>
    public ValueTask<IdentityRecord?> FindAsync(byte[] digest, CancellationToken ct) =>
        database.ReadAsync(connection => FindAsync(connection, digest), ct);

    /// <summary>
    /// Writes an identity down, under its account's tenant where the account is known. Where it is not, the account, and the tenant if need be, come to
    /// be in the same transaction, so of two requests that bring a new key at once both get the same tenant.
    /// </summary>
    /// <param name="asked">Whose it would be if nobody's yet: <see cref="IdentityRecord.Tenant"/> and <see cref="IdentityRecord.Account"/>.</param>
    /// <param name="kind">Of a tenant that comes to be by this.</param>
    /// <returns>What is written down now; another tenant's if the key or its account is. Null when the tenant cannot be (<see cref="TenantStore.EnsureAsync(TenantId, TenantKind, CancellationToken)"/>).</returns>
    public ValueTask<IdentityRecord?> AddAsync(IdentityRecord asked, TenantKind kind, CancellationToken ct) => database.WriteAsync(
        async connection =>
        {
            var now = time.UnixNow();
            if (await FindAsync(connection, asked.Digest) is { } known) return known;
            var owner = await OwnerAsync(connection, asked.Account);
            if (owner is null)
            {
                if (!await TenantStore.EnsureAsync(connection, asked.Tenant, kind, asked.Account, now)) return null;
                await connection.ExecuteAsync(
                    "insert into provider_accounts (name, provider, tenant, created_at) values (@Account, @Provider, @tenant, @now) on conflict do nothing",
                    new { asked.Account, asked.Provider, tenant = asked.Tenant.Value, now });
                // Another request may have been first: on PostgreSQL the insert waited for it.
                owner = await OwnerAsync(connection, asked.Account);
                if (owner != asked.Tenant.Value) await DropEmptyGuestAsync(connection, asked.Tenant);
            }

            await connection.ExecuteAsync(
                $"insert into identities ({Columns}) values (@Id, @Provider, @owner, @Account, @Name, @Digest, @Hint, @now, null, null) on conflict do nothing",
                new { asked.Id, asked.Provider, owner, asked.Account, asked.Name, asked.Digest, asked.Hint, now });
            return await FindAsync(connection, asked.Digest);
        },
        ct);

    /// <summary>Whose an account is; null when it is nobody's yet.</summary>
    public ValueTask<TenantId?> OwnerOfAsync(string account, CancellationToken ct) => database.ReadAsync<TenantId?>(
        async connection => await OwnerAsync(connection, account) is { } owner ? TenantId.Parse(owner) : null, ct);

    /// <summary>Of a tenant, revoked or not.</summary>
    public ValueTask<IdentityRecord?> GetAsync(TenantId tenant, string id, CancellationToken ct) => database.ReadAsync(
        async connection => (await connection.QuerySingleOrDefaultAsync<Row>(
            $"select {Columns} from identities where tenant = @tenant and id = @id", new { tenant = tenant.Value, id }))?.ToRecord(),
        ct);

    /// <summary>The newest first.</summary>
    public ValueTask<IReadOnlyList<IdentityRecord>> ListAsync(TenantId tenant, int limit, CancellationToken ct) => database.ReadAsync<IReadOnlyList<IdentityRecord>>(
        async connection =>
        [
            .. (await connection.QueryAsync<Row>(
                $"select {Columns} from identities where tenant = @tenant order by created_at desc, id desc limit @limit", new { tenant = tenant.Value, limit }))
            .Select(row => row.ToRecord()),
        ],
        ct);

    /// <summary>Revoking again keeps the first time.</summary>
    /// <returns>False when the tenant has no such identity.</returns>
    public async ValueTask<bool> RevokeAsync(TenantId tenant, string id, CancellationToken ct) => await database.WriteAsync(
        async connection => await connection.ExecuteAsync(
            "update identities set revoked_at = coalesce(revoked_at, @now) where tenant = @tenant and id = @id", new { tenant = tenant.Value, id, now = time.UnixNow() }),
        ct) == 1;

    /// <summary>Makes one that was revoked good again.</summary>
    public async ValueTask RestoreAsync(TenantId tenant, string id, CancellationToken ct) => await database.WriteAsync(
        async connection => await connection.ExecuteAsync("update identities set revoked_at = null where tenant = @tenant and id = @id", new { tenant = tenant.Value, id }), ct);

    public async ValueTask TouchAsync(TenantId tenant, string id, CancellationToken ct) => await database.WriteAsync(
        async connection => await connection.ExecuteAsync(
            "update identities set used_at = @now where tenant = @tenant and id = @id", new { tenant = tenant.Value, id, now = time.UnixNow() }),
        ct);

    /// <summary>The tenant that would have come to be, had another request not been first.</summary>
    private static async ValueTask DropEmptyGuestAsync(DbConnection connection, TenantId tenant) => await connection.ExecuteAsync(
        "delete from tenants where id = @tenant and kind = 'Guest' and not exists (select 1 from provider_accounts where tenant = @tenant)", new { tenant = tenant.Value });

    private static async ValueTask<IdentityRecord?> FindAsync(DbConnection connection, byte[] digest) =>
        (await connection.QuerySingleOrDefaultAsync<Row>($"select {Columns} from identities where digest = @digest", new { digest }))?.ToRecord();

    private static async ValueTask<string?> OwnerAsync(DbConnection connection, string account) =>
        await connection.ExecuteScalarAsync<string?>("select tenant from provider_accounts where name = @account", new { account });

    private sealed record Row
    {
        public string Id { get; init; } = "";

        public string Provider { get; init; } = "";

        public string Tenant { get; init; } = "";

        public string Account { get; init; } = "";

        public string Name { get; init; } = "";

        public byte[] Digest { get; init; } = [];

        public string Hint { get; init; } = "";

        public long CreatedAt { get; init; }

        public long? RevokedAt { get; init; }

        public long? UsedAt { get; init; }

        public IdentityRecord ToRecord() => new(Id, Provider, TenantId.Parse(Tenant), Account, Name, Digest, Hint, UnixTime.From(CreatedAt))
        {
            RevokedAt = UnixTime.From(RevokedAt), UsedAt = UnixTime.From(UsedAt),
        };
    }
}
