using System.Globalization;
using Rouse.Core.Tenancy;

namespace Rouse.Core.Deployments;

/// <summary>
/// The name of everything created for an attempt: <c>prefix-tenantHash8-deployment-attempt</c>. It is how a later pass recognises what
/// belongs to it, so it is parsed strictly: what does not parse is not ours and is never touched.
/// </summary>
public readonly record struct BackendName(OwnerPrefix Owner, DeploymentId Deployment, int Attempt)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Owner}-{Deployment.Bare}-{Attempt}");

    public static bool TryParse(string? text, out BackendName name)
    {
        name = default;
        var parts = text?.Split('-') ?? [];
        if (parts.Length != 4 || !OwnerPrefix.TryParse(parts[0], parts[1], out var owner) || !DeploymentId.TryParseBare(parts[2], out var id)) return false;
        if (!int.TryParse(parts[3], NumberStyles.None, CultureInfo.InvariantCulture, out var attempt) || attempt < 1) return false;
        name = new BackendName(owner, id, attempt);
        return string.Equals(name.ToString(), text, StringComparison.Ordinal);
    }
}

/// <summary>What all names of one tenant of one Rouse begin with: <c>prefix-tenantHash8</c>.</summary>
public readonly record struct OwnerPrefix
{
    private OwnerPrefix(string installation, string tenantHash) => (Installation, TenantHash) = (installation, tenantHash);

    /// <summary>This installation's own word, 2 to 12 of <c>a-z 0-9</c>; two installations that share an account need different ones.</summary>
    public string Installation { get; }

    public string TenantHash { get; }

    public static OwnerPrefix For(string installation, TenantId tenant) =>
        TryParse(installation, tenant.Hash8, out var prefix) ? prefix : throw new FormatException("An owner prefix is 2 to 12 characters of a-z and 0-9.");

    public static bool TryParse(string installation, string tenantHash, out OwnerPrefix prefix)
    {
        prefix = new OwnerPrefix(installation, tenantHash);
        return installation.Length is >= 2 and <= 12 && !installation.AsSpan().ContainsAnyExcept("abcdefghijklmnopqrstuvwxyz0123456789")
            && tenantHash.Length == 8 && !tenantHash.AsSpan().ContainsAnyExcept("0123456789abcdef");
    }

    public override string ToString() => $"{Installation}-{TenantHash}";
}
