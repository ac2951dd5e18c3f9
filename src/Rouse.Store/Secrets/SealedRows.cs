using Dapper;
using Rouse.Core.Tenancy;

namespace Rouse.Store.Secrets;

/// <summary>A sealed secret and whose it is.</summary>
public sealed record SealedRow(TenantId Tenant, string Owner, SealedSecret Secret);

/// <summary>What a caller sent with a job, sealed. Such rows go with their job, so they carry no key id.</summary>
public sealed record SealedJobRow(string Deployment, string Job, byte[] Ciphertext);

/// <summary>All that is sealed, for sealing it anew with another key. Each replacement is compare-and-set: what changed meanwhile stays.</summary>
public sealed class SealedRows(Database database)
{
    /// <param name="keyId">The key that is to seal everything.</param>
    /// <param name="after">The row before, in order of tenant, owner and kind; null begins.</param>
    public ValueTask<IReadOnlyList<SealedRow>> ListNotSealedWithAsync(string keyId, SealedRow? after, int limit, CancellationToken ct) => database.ReadAsync<IReadOnlyList<SealedRow>>(
        async connection =>
        {
            var rows = await connection.QueryAsync<Row>(
                """
                select tenant, owner, kind, key_id, ciphertext from secrets
                where key_id <> @keyId and (tenant, owner, kind) > (@tenant, @owner, @kind) order by tenant, owner, kind limit @limit
                """,
                new { keyId, limit, tenant = after?.Tenant.Value ?? "", owner = after?.Owner ?? "", kind = after?.Secret.Kind ?? "" });
            return [.. rows.Select(row => new SealedRow(TenantId.Parse(row.Tenant), row.Owner, new SealedSecret(row.Kind, row.KeyId, row.Ciphertext)))];
        },
        ct);

    /// <summary>Whether anything still needs this key.</summary>
    public ValueTask<bool> NeedsAsync(string keyId, CancellationToken ct) => database.ReadAsync(
        async connection => await connection.ExecuteScalarAsync<long>("select count(*) from secrets where key_id = @keyId", new { keyId }) > 0, ct);

    /// <returns>How many were still as they had been read.</returns>
    public ValueTask<int> ReplaceAsync(IReadOnlyList<(SealedRow Old, SealedSecret New)> rows, CancellationToken ct) => database.WriteAsync(
        async connection =>
        {
            var replaced = 0;
            foreach (var (old, renewed) in rows)
            {
                replaced += await connection.ExecuteAsync(
                    """
                    update secrets set key_id = @KeyId, ciphertext = @Ciphertext
                    where tenant = @tenant and owner = @Owner and kind = @Kind and ciphertext = @before
                    """,
                    new { renewed.KeyId, renewed.Ciphertext, tenant = old.Tenant.Value, old.Owner, renewed.Kind, before = old.Secret.Ciphertext });
            }

            return replaced;
        },
        ct);

    public ValueTask<IReadOnlyList<SealedJobRow>> ListJobsAsync(SealedJobRow? after, int limit, CancellationToken ct) => database.ReadAsync<IReadOnlyList<SealedJobRow>>(
        async connection =>
        {
            var rows = await connection.QueryAsync<JobRow>(
                """
                select deployment, id, sealed_s3 from job_inputs
                where sealed_s3 is not null and (deployment, id) > (@deployment, @job) order by deployment, id limit @limit
                """,
                new { limit, deployment = after?.Deployment ?? "", job = after?.Job ?? "" });
            return [.. rows.Select(row => new SealedJobRow(row.Deployment, row.Id, row.SealedS3))];
        },
        ct);

    public ValueTask<int> ReplaceJobsAsync(IReadOnlyList<(SealedJobRow Old, byte[] New)> rows, CancellationToken ct) => database.WriteAsync(
        async connection =>
        {
            var replaced = 0;
            foreach (var (old, renewed) in rows)
            {
                replaced += await connection.ExecuteAsync(
                    "update job_inputs set sealed_s3 = @renewed where deployment = @Deployment and id = @Job and sealed_s3 = @Ciphertext",
                    new { renewed, old.Deployment, old.Job, old.Ciphertext });
            }

            return replaced;
        },
        ct);

    private sealed record Row
    {
        public string Tenant { get; init; } = "";

        public string Owner { get; init; } = "";

        public string Kind { get; init; } = "";

        public string KeyId { get; init; } = "";

        public byte[] Ciphertext { get; init; } = [];
    }

    private sealed record JobRow
    {
        public string Deployment { get; init; } = "";

        public string Id { get; init; } = "";

        public byte[] SealedS3 { get; init; } = [];
    }
}
