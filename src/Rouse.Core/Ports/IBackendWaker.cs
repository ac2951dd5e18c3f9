using Rouse.Core.Deployments;
using Rouse.Core.Tenancy;

namespace Rouse.Core.Ports;

/// <summary>How the gateway asks for capacity. What comes of it is told by the route (Rouse.Gateway.Routing.RouteTable).</summary>
public interface IBackendWaker
{
    /// <summary>
    /// Somebody waits for this deployment, or nobody does any more. Returns at once; a hint only: whether somebody waits is looked at again whenever it
    /// matters (<see cref="IDemand"/>), so that a hint that is lost strands nobody.
    /// </summary>
    void Hint(TenantId tenant, DeploymentId deployment);
}

/// <summary>What is asked of a deployment at this moment, in this process.</summary>
public interface IDemand
{
    Demand Of(DeploymentId deployment);
}

/// <param name="Held">Requests that wait.</param>
/// <param name="InFlight">Requests at the backend, until the last byte of their answers.</param>
/// <param name="LastByte">When the last of them ended, by the process's clock; null when there was none since it began.</param>
public readonly record struct Demand(int Held, int InFlight, DateTimeOffset? LastByte)
{
    public bool IsWanted => Held > 0 || InFlight > 0;
}
