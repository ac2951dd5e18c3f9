using Rouse.Contracts.Tenants;
using Rouse.Server.Auth;
using Rouse.Store.Tenants;

namespace Rouse.Server.Features.Tenants;

internal static class KeyViews
{
    public static KeyView Of(ApiKeyRecord key) => new()
    {
        Id = key.Id,
        Kind = "rouse",
        Tenant = key.Tenant.Value,
        Name = key.Name,
        Scopes = key.Scopes.Split(' '),
        Hint = key.Hint,
        CreatedAt = key.CreatedAt,
        ExpiresAt = key.ExpiresAt,
        RevokedAt = key.RevokedAt,
        LastUsedAt = key.UsedAt,
    };

    public static KeyView Of(IdentityRecord identity) => new()
    {
        Id = identity.Id,
        Kind = identity.Provider,
        Tenant = identity.Tenant.Value,
        Name = identity.Name,
        Scopes = Scopes.Tenant.Words,
        Hint = identity.Hint,
        Account = identity.Account,
        CreatedAt = identity.CreatedAt,
        RevokedAt = identity.RevokedAt,
        LastUsedAt = identity.UsedAt,
    };

    /// <summary>The key itself beside what lists show of it.</summary>
    public static CreatedKey WithKey(ApiKeyRecord record, string key)
    {
        var view = Of(record);
        return new CreatedKey
        {
            Id = view.Id, Kind = view.Kind, Tenant = view.Tenant, Name = view.Name, Scopes = view.Scopes, Hint = view.Hint, CreatedAt = view.CreatedAt,
            ExpiresAt = view.ExpiresAt, Key = key,
        };
    }
}
