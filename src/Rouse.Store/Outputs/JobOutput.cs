using Rouse.Core.Deployments;
using Rouse.Core.Tenancy;

namespace Rouse.Store.Outputs;

/// <summary>Something a job of a deployment made.</summary>
/// <param name="Name">Of its bytes, so there is one of them in a deployment.</param>
/// <param name="Place">Which kind of store has it.</param>
public sealed record JobOutput(TenantId Tenant, DeploymentId Deployment, string Name, long Bytes, string Place)
{
    /// <summary>All of it lies at its place.</summary>
    public bool IsStored { get; init; }
}

/// <summary>Whether room was made for an output.</summary>
public enum OutputRoom
{
    Made,

    /// <summary>As much is kept as may be, of all tenants together or of this one.</summary>
    Full,

    /// <summary>It is being removed at this moment, or another has just stored it: ask again.</summary>
    Busy,
}
