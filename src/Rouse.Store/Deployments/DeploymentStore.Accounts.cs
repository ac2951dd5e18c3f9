using Dapper;
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
}

public sealed record AccountBackend(TenantAccount Account, BackendId Backend);
