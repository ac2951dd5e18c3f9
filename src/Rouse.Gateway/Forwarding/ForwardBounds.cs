using System.Net;
using Yarp.ReverseProxy.Forwarder;

namespace Rouse.Gateway.Forwarding;

/// <summary>What one forwarded request may take. One object for many requests.</summary>
/// <param name="MaxBodyBytes">Of the request's body, as it is read. More is refused with 413.</param>
/// <param name="ResponseTimeout">
/// The longest silence: from the last byte that went either way to the next one, the answer's first included. Not a bound of the whole, so that a stream
/// may last as long as it says something.
/// </param>
public sealed record ForwardBounds(long MaxBodyBytes, TimeSpan ResponseTimeout)
{
    private ForwarderRequestConfig? _config;

    internal ForwarderRequestConfig Config => _config ??= new ForwarderRequestConfig
    {
        ActivityTimeout = ResponseTimeout,
        Version = HttpVersion.Version11,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };
}
