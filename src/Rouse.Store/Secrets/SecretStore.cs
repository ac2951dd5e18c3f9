using System.Data.Common;
using Dapper;
using Rouse.Core.Tenancy;

namespace Rouse.Store.Secrets;

/// <summary>A secret as the store sees it: already encrypted.</summary>
/// <param name="Kind">What it is, a word such as <c>hf_token</c>.</param>
/// <param name="KeyId">Which key opens it.</param>
public sealed record SealedSecret(string Kind, string KeyId, byte[] Ciphertext);

/// <summary>Ciphertexts by tenant, owner and kind. Clear text never comes here.</summary>
public sealed class SecretStore(Database database, TimeProvider time)
{
    /// <param name="owner">Whose it is: the id of a deployment, a provider account.</param>
    public async ValueTask PutAsync(TenantId tenant, string owner, SealedSecret secret, CancellationToken ct) =>
        await database.WriteAsync(connection => PutAsync(connection, tenant, owner, secret, time.UnixNow()), ct);

    public ValueTask<SealedSecret?> GetAsync(TenantId tenant, string owner, string kind, CancellationToken ct) => database.ReadAsync(
        async connection =>
        {
            var row = await connection.QuerySingleOrDefaultAsync<SecretRow>(
                "select key_id, ciphertext from secrets where tenant = @tenant and owner = @owner and kind = @kind",
                new { tenant = tenant.Value, owner, kind });
            return row is null ? null : new SealedSecret(kind, row.KeyId, row.Ciphertext);
        },
        ct);

    /// <summary>All secrets of an owner.</summary>
    public ValueTask<IReadOnlyList<SealedSecret>> ListAsync(TenantId tenant, string owner, CancellationToken ct) =>
        database.ReadAsync<IReadOnlyList<SealedSecret>>(
            async connection =>
            [
                .. (await connection.QueryAsync<SecretRow>(
                    "select kind, key_id, ciphertext from secrets where tenant = @tenant and owner = @owner order by kind",
                    new { tenant = tenant.Value, owner })).Select(row => new SealedSecret(row.Kind, row.KeyId, row.Ciphertext)),
            ],
            ct);

    /// <summary>Removes all secrets of an owner.</summary>
    public async ValueTask DeleteAsync(TenantId tenant, string owner, CancellationToken ct) => await database.WriteAsync(
        async connection => await connection.ExecuteAsync(
            "delete from secrets where tenant = @tenant and owner = @owner",
            new { tenant = tenant.Value, owner }),
        ct);

    internal static async ValueTask<int> PutAsync(DbConnection connection, TenantId tenant, string owner, SealedSecret secret, long at) =>
        await connection.ExecuteAsync(
            """
            insert into secrets (tenant, owner, kind, key_id, ciphertext, created_at) values (@tenant, @owner, @Kind, @KeyId, @Ciphertext, @at)
            on conflict (tenant, owner, kind) do update set
                key_id = excluded.key_id, ciphertext = excluded.ciphertext, created_at = excluded.created_at
            """,
            new { tenant = tenant.Value, owner, secret.Kind, secret.KeyId, secret.Ciphertext, at });

    private sealed record SecretRow
    {
        public string Kind { get; init; } = "";

        public string KeyId { get; init; } = "";

        public byte[] Ciphertext { get; init; } = [];
    }
}
