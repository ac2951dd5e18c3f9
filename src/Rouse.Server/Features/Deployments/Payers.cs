using Rouse.Core.Tenancy;
using Rouse.Server.Auth;
using Rouse.Server.Secrets;
using Rouse.Store.Tenants;

namespace Rouse.Server.Features.Deployments;

/// <summary>On whose account a deployment goes, when its request does not bring another's key.</summary>
/// <param name="Account">Of the caller; null when it has none, and then it is the server's where that may be.</param>
/// <param name="Key">Opens it, and is to be sealed with the deployment; null when it is sealed already.</param>
/// <param name="IsGuest">Never on the server's account or machine.</param>
internal sealed record Payer(string? Account, Secret? Key, bool IsGuest)
{
    public static Payer Server { get; } = new(null, null, IsGuest: false) { IsOperator = true };

    /// <summary>What lies on the server's own account is the caller's.</summary>
    public bool IsOperator { get; init; }
}

/// <summary>Finds out who pays: the key of the request, else that of the credential, else the tenant's own account, else the server.</summary>
internal sealed class Payers(IdentityStore identities, KeyDigests digests, AccountKeys sealedKeys)
{
    /// <param name="brought">The key of the request's body; null when there is none.</param>
    public async ValueTask<Payer> OfAsync(Caller caller, string? brought, CancellationToken ct) =>
        await FindAsync(caller, brought, ct) with { IsOperator = caller.Scopes.Holds(Scope.Admin) };

    private async ValueTask<Payer> FindAsync(Caller caller, string? brought, CancellationToken ct)
    {
        if (brought is not null)
        {
            // A key that is known is known with its account, so that it is found again when the account's keys change.
            return Credential.IsWellFormed(brought) && await identities.FindAsync(digests.Of(brought), ct) is { RevokedAt: null } known && known.Tenant == caller.Tenant
                ? new Payer(known.Account, new Secret(brought), caller.IsGuest)
                : new Payer(null, null, caller.IsGuest);
        }

        if (caller.Account is not { } own) return new Payer(null, null, caller.IsGuest);
        if (caller.RunpodKey is { } key) return new Payer(own, key, caller.IsGuest);
        return new Payer(await sealedKeys.FindAsync(caller.Tenant, own, ct) is null ? null : own, null, caller.IsGuest);
    }
}
