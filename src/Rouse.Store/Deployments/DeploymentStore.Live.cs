using Dapper;
using Rouse.Core.Deployments;
using Rouse.Core.Tenancy;

namespace Rouse.Store.Deployments;

public sealed partial class DeploymentStore
{
    /// <summary>The tenant's deployments that have not ended, newest first.</summary>
    public ValueTask<IReadOnlyList<DeploymentState>> ListLiveAsync(TenantId tenant, int limit, CancellationToken ct) => database.ReadAsync<IReadOnlyList<DeploymentState>>(
        async connection =>
        [
            .. (await connection.QueryAsync<DeploymentRow>(
                DeploymentRow.Select + $" where tenant = @tenant and phase not in ('{Phase.Deleting}', '{Phase.Failed}', '{Phase.Deleted}') order by created_at desc, id desc limit @limit",
                new { tenant = tenant.Value, limit })).Select(row => row.ToState()),
        ],
        ct);
}
