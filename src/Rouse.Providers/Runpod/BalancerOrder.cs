using System.Globalization;
using Rouse.Core.Deployments;
using Rouse.Core.Ports;

namespace Rouse.Providers.Runpod;

/// <summary>A service's endpoint, as Runpod is sent it: its own image behind Runpod's load balancer. Pure.</summary>
internal static class BalancerOrder
{
    // What Runpod's load balancer reads of an endpoint's variables (docs.runpod.io, serverless/load-balancing).
    private const string Port = "PORT";
    private const string HealthPort = "PORT_HEALTH";
    private const string HealthPath = "HEALTH_CHECK_PATH";

    /// <summary>The service's own variables, and where Runpod finds it. What the caller names stays as it is.</summary>
    public static Dictionary<string, string> Environment(HttpService service, IReadOnlyDictionary<string, string> given)
    {
        var environment = new Dictionary<string, string>(given, StringComparer.Ordinal);
        environment.TryAdd(Port, service.Port.ToString(CultureInfo.InvariantCulture));
        // Documents differ in its default.
        environment.TryAdd(HealthPort, environment[Port]);
        environment.TryAdd(HealthPath, service.HealthPath);
        return environment;
    }

    /// <param name="environment">In clear, as <see cref="Environment"/> makes it: for the body alone.</param>
    public static CreateEndpointBody Create(
        BackendRequest request, HttpService service, IReadOnlyDictionary<string, string> environment, IReadOnlyList<string>? centers, RunpodOptions options) => new()
        {
            Name = request.Name.ToString(),
            Type = CreateEndpointBody.LoadBalancer,
            Image = service.Image,
            Args = service.Args,
            Disk = options.ContainerDiskGb,
            Env = environment,
            Ports = [string.Create(CultureInfo.InvariantCulture, $"{service.Port}/http")],
            Gpu = new EndpointGpu { Pools = [request.Offer.Hardware], Count = 1 },
            // As of any endpoint: should we die now, Runpod itself lets it fall asleep.
            Workers = EndpointOrder.Workers(request.Spec.Workers with { Min = 0 }, isBalancer: true),
            Scaling = new EndpointScaling(EndpointScaling.ByCount, RequestCount: Math.Max(1, service.Concurrency)),
            Timeout = (long)service.ResponseTimeout.TotalMilliseconds,
            Flashboot = EndpointOrder.Flashboot(options),
            DataCenterIds = centers,
            // A volume of the operator's is for its own workers; a caller's container gets the caller's.
            NetworkVolumes = service.NetworkVolume is { } volume ? [volume] : null,
        };
}
