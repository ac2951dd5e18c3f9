using Dapper;
using Rouse.Core.Deployments;
using Rouse.Core.Models;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;

namespace Rouse.Store.Deployments;

/// <content>What lives on a tenant's accounts.</content>
public sealed partial class DeploymentStore
{
    /// <summary>Everything of a tenant at a provider that may still be there, by the account it was made on. Accounts without a backend are left out.</summary>
    public ValueTask<IReadOnlyList<AccountBackend>> ListBackendsAsync(TenantId tenant, CancellationToken ct) => database.ReadAsync<IReadOnlyList<AccountBackend>>(
        async connection =>
        [
            .. (await connection.QueryAsync<AccountRow>(
                """
                select distinct tenant, provider, account, backend from deployments
                where tenant = @tenant and account is not null and backend is not null and (released_at is null or phase = 'Deleting')
                """,
                new { tenant = tenant.Value }))
            .Select(row => new AccountBackend(new TenantAccount(TenantId.Parse(row.Tenant), row.Provider, row.Account), new BackendId(row.Backend!))),
        ],
        ct);

    /// <summary>A tenant's deployments at a provider that have not ended and have begun an attempt.</summary>
    public ValueTask<IReadOnlyList<DeploymentState>> ListBegunAsync(TenantId tenant, string provider, CancellationToken ct) => database.ReadAsync<IReadOnlyList<DeploymentState>>(
        async connection =>
        [
            .. (await connection.QueryAsync<DeploymentRow>(
                DeploymentRow.Select + " where tenant = @tenant and provider = @provider and attempt > 0 and phase not in ('Deleting', 'Failed', 'Deleted') order by id",
                new { tenant = tenant.Value, provider })).Select(row => row.ToState()),
        ],
        ct);

    /// <summary>The oldest of a tenant's deployments of a model that has not ended; null when there is none.</summary>
    public ValueTask<DeploymentId?> FindLivingAsync(TenantId tenant, ModelRef model, CancellationToken ct) => database.ReadAsync<DeploymentId?>(
        async connection => await connection.QueryFirstOrDefaultAsync<string>(
            "select id from deployments where tenant = @tenant and model = @model and phase not in ('Deleting', 'Failed', 'Deleted') order by created_at, id limit 1",
            new { tenant = tenant.Value, model = model.ToString() }) is { } id
            ? DeploymentId.Parse(id)
            : null,
        ct);
}

public sealed record AccountBackend(TenantAccount Account, BackendId Backend);
