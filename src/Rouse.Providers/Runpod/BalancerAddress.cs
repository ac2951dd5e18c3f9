using Rouse.Core.Ports;

namespace Rouse.Providers.Runpod;

/// <summary>Where Runpod serves an endpoint that speaks HTTP itself. Pure.</summary>
public static class BalancerAddress
{
    /// <summary>Runpod's own. It holds a request for 2 min while there is no worker, and ends one after 5.5 min (docs.runpod.io, serverless/load-balancing).</summary>
    public const string Default = "https://{id}.api.runpod.ai";

    /// <summary>Whether a template names the endpoint, and is an http(s) address once that is filled in.</summary>
    public static bool IsTemplate(string template) => template.Contains("{id}", StringComparison.Ordinal) && Of(template, new BackendId("a1")) is not null;

    /// <returns>Null where the template makes no address of it.</returns>
    public static Uri? Of(string template, BackendId endpoint)
    {
        var text = template.Replace("{id}", Uri.EscapeDataString(endpoint.Value), StringComparison.Ordinal);
        return Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" ? address : null;
    }
}
