using System.Globalization;
using Rouse.Core.Ports;

namespace Rouse.Providers.Runpod;

/// <summary>Where Runpod's proxy serves a pod's port. Pure.</summary>
public static class PodAddress
{
    /// <summary>Runpod's own: Cloudflare stands before it and ends a request after 100 s without a byte.</summary>
    public const string Default = "https://{pod}-{port}.proxy.runpod.net";

    /// <summary>Whether a template names both the pod and the port, and is an http(s) address once they are filled in.</summary>
    public static bool IsTemplate(string template) =>
        template.Contains("{pod}", StringComparison.Ordinal) && template.Contains("{port}", StringComparison.Ordinal) && Of(template, new BackendId("a1"), 80) is not null;

    /// <returns>Null where the template makes no address of it.</returns>
    public static Uri? Of(string template, BackendId pod, int port)
    {
        var text = template.Replace("{pod}", Uri.EscapeDataString(pod.Value), StringComparison.Ordinal)
            .Replace("{port}", port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        return Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" ? address : null;
    }
}
