using Rouse.Core.Tenancy;

namespace Rouse.Server.Auth;

/// <summary>Who calls, once the credential has been checked.</summary>
/// <param name="Tenant">Whose things the request is about.</param>
/// <param name="Scopes">What the credential may do.</param>
internal sealed record Caller(TenantId Tenant, Scopes Scopes, CredentialKind Credential)
{
    /// <summary>The id of the stored key or identity; null for a configured key and for none.</summary>
    public string? KeyId { get; init; }

    /// <summary>The Runpod key that came as credential: the caller's deployments go on its account. Null otherwise.</summary>
    public Secret? RunpodKey { get; init; }

    /// <summary>The provider account that the caller's deployments go on when a request names none; null for the server's.</summary>
    public string? Account { get; init; }

    /// <summary>When the credential was used last, as it was written down.</summary>
    public DateTimeOffset? UsedAt { get; init; }

    /// <summary>
    /// The tenant came by itself, with a Runpod key, and the operator never heard of it: it deploys on accounts of its own, and never on the server's
    /// account or machine.
    /// </summary>
    public bool IsGuest { get; init; }
}

internal enum CredentialKind
{
    /// <summary>Development mode: whoever is on this machine.</summary>
    None,

    /// <summary>A key of the server's configuration.</summary>
    Configured,

    /// <summary>A key that this server made.</summary>
    RouseKey,

    /// <summary>A key of Runpod's.</summary>
    RunpodKey,
}
