using Rouse.Core.Deployments;
using Rouse.Core.Tenancy;

namespace Rouse.Gateway.Usage;

/// <summary>What is kept of one finished request. Costs and performance come from these alone.</summary>
/// <param name="At">When it came.</param>
/// <param name="Waited">Until it was sent to the backend, or given up.</param>
/// <param name="Lasted">From its coming to its last byte.</param>
/// <param name="Status">What the caller was answered; 0 when it left before.</param>
/// <param name="BytesIn">Of its body.</param>
/// <param name="BytesOut">Of its answer's body.</param>
public readonly record struct RequestUsage(
    TenantId Tenant, DeploymentId Deployment, RequestKind Kind, DateTimeOffset At, TimeSpan Waited, TimeSpan Lasted, int Status, long BytesIn, long BytesOut, bool ColdStart);

/// <summary>How it came.</summary>
public enum RequestKind
{
    /// <summary>Held and forwarded while its caller waited.</summary>
    Held,

    /// <summary>Queued, and forwarded when there was capacity.</summary>
    Queued,
}
