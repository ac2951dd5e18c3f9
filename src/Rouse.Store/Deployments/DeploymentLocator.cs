using Dapper;
using Rouse.Core.Deployments;
using Rouse.Core.Tenancy;

namespace Rouse.Store.Deployments;

/// <summary>
/// Whose deployment an id is. The one look-up without a tenant, for workers: they speak for an attempt, by a secret derived from the id, and know
/// no tenant. Nothing else of the row comes out of here.
/// </summary>
public sealed class DeploymentLocator(Database database)
{
    public ValueTask<LocatedDeployment?> FindAsync(DeploymentId id, CancellationToken ct) => database.ReadAsync(
        async connection =>
        {
            var row = await connection.QuerySingleOrDefaultAsync<Row>("select tenant, phase, attempt from deployments where id = @id", new { id = id.Value });
            return row is null ? null : new LocatedDeployment(TenantId.Parse(row.Tenant), Enum.Parse<Phase>(row.Phase), (int)row.Attempt);
        },
        ct);

    private sealed record Row
    {
        public string Tenant { get; init; } = "";

        public string Phase { get; init; } = "";

        public long Attempt { get; init; }
    }
}

public sealed record LocatedDeployment(TenantId Tenant, Phase Phase, int Attempt);
