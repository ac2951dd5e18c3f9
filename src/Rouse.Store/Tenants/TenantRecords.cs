using Rouse.Core.Tenancy;

namespace Rouse.Store.Tenants;

public enum TenantKind
{
    /// <summary>Made by the operator.</summary>
    Operator,

    /// <summary>Came by itself with a key of a provider.</summary>
    Guest,
}

/// <param name="Home">The account its deployments go on when a request names none; null for the server's.</param>
public sealed record TenantRecord(TenantId Id, TenantKind Kind, string? Home, DateTimeOffset CreatedAt, DateTimeOffset? DisabledAt);

/// <param name="Living">Its deployments that have not ended.</param>
public sealed record TenantSummary(TenantRecord Tenant, int Living);

/// <summary>A key of this server's making, without the key.</summary>
/// <param name="Digest">A keyed digest of the whole key.</param>
/// <param name="Hint">The key's last characters, to tell it from others.</param>
public sealed record ApiKeyRecord(string Id, TenantId Tenant, string Name, string Scopes, byte[] Digest, string Hint, DateTimeOffset CreatedAt)
{
    public DateTimeOffset? ExpiresAt { get; init; }

    public DateTimeOffset? RevokedAt { get; init; }

    /// <summary>To within <see cref="KeyUse.Coarseness"/>.</summary>
    public DateTimeOffset? UsedAt { get; init; }
}

/// <summary>A provider's key that identifies a tenant, without the key.</summary>
/// <param name="Account">The name of the provider's account that it opens, as in <c>DeploymentSpec.Account</c>.</param>
/// <param name="Digest">As <see cref="ApiKeyRecord.Digest"/>.</param>
/// <param name="Hint">As <see cref="ApiKeyRecord.Hint"/>.</param>
public sealed record IdentityRecord(string Id, string Provider, TenantId Tenant, string Account, string Name, byte[] Digest, string Hint, DateTimeOffset CreatedAt)
{
    public DateTimeOffset? RevokedAt { get; init; }

    /// <summary>As <see cref="ApiKeyRecord.UsedAt"/>.</summary>
    public DateTimeOffset? UsedAt { get; init; }
}

/// <summary>When a key was used last is written down no oftener than this: reading must not become writing.</summary>
public static class KeyUse
{
    public static readonly TimeSpan Coarseness = TimeSpan.FromHours(1);
}
