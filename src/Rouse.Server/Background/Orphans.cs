using Rouse.Core.Deployments;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;
using Rouse.Store.Deployments;

namespace Rouse.Server.Background;

/// <param name="Why">Why nobody claims it.</param>
internal sealed record Orphan(ProviderAccount Account, ObservedBackend Backend, string Why);

/// <summary>What one account shows.</summary>
/// <param name="Fault">Why it cannot be listed; null when it could.</param>
internal sealed record AccountLook(ProviderAccount Account, int Owned, IReadOnlyList<Orphan> Orphans, ProviderException? Fault);

/// <summary>
/// Looks for what runs in a tenant's name and no deployment claims, in every account where that may be. Only names of this installation and this
/// tenant are looked at, and only as a whole: what merely begins like ours is somebody else's.
/// </summary>
internal sealed class Orphans(ReconcilePorts ports, DeploymentStore store, TimeProvider time)
{
    /// <summary>How long an account is looked at after its last deployment ended.</summary>
    public static readonly TimeSpan Tombstone = TimeSpan.FromDays(7);

    private readonly Claims _claims = new(ports);

    /// <summary>Every account of a tenant at a provider of this server, those of deployments that ended lately too.</summary>
    public async ValueTask<IReadOnlyList<ProviderAccount>> AccountsAsync(TenantId? tenant, CancellationToken ct) =>
    [
        .. (await store.ListAccountsAsync(time.GetUtcNow() - Tombstone, ct))
            .Where(account => (tenant is null || account.Tenant == tenant) && ports.Providers.ContainsKey(account.Provider))
            .Select(account => new ProviderAccount(account.Tenant, account.Provider, account.Account)),
    ];

    public async ValueTask<IReadOnlyList<AccountLook>> LookAsync(TenantId tenant, CancellationToken ct)
    {
        // What needs no key can be looked at before there was any deployment.
        var free = ports.Providers.Values.Where(provider => !provider.Traits.NeedsKey).Select(provider => new ProviderAccount(tenant, provider.Traits.Kind));
        List<AccountLook> looks = [];
        foreach (var account in free.Union(await AccountsAsync(tenant, ct))) looks.Add(await LookAsync(account, ct));
        return looks;
    }

    /// <exception cref="ProviderException">It could not be removed now.</exception>
    public async ValueTask RemoveAsync(Orphan orphan, CancellationToken ct)
    {
        var provider = ports.Providers[orphan.Account.Provider];
        var access = await ports.Access(orphan.Account, ct);
        await BoundedCall.RunAsync(token => provider.DeleteAsync(orphan.Backend.Id, access, token), provider.Traits.CallTimeout, time, ct);
    }

    private async ValueTask<AccountLook> LookAsync(ProviderAccount account, CancellationToken ct)
    {
        try
        {
            var provider = ports.Providers[account.Provider];
            var (access, prefix) = (await ports.Access(account, ct), OwnerPrefix.For(ports.Installation, account.Tenant));
            var listed = await BoundedCall.RunAsync(token => provider.ListOwnedAsync(prefix, access, token), provider.Traits.CallTimeout, time, ct);
            List<ObservedBackend> owned = [.. listed.Where(backend => backend.Name.Owner == prefix)];
            List<Orphan> orphans = [];
            foreach (var backend in owned)
            {
                if ((await _claims.JudgeAsync(account, backend, ct)).WhyNobodys is { } why) orphans.Add(new Orphan(account, backend, why));
            }

            return new AccountLook(account, owned.Count, orphans, Fault: null);
        }
        catch (ProviderException fault)
        {
            return new AccountLook(account, 0, [], fault);
        }
    }
}
