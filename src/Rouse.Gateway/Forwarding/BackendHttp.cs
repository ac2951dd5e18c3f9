using Rouse.Gateway.Routing;

namespace Rouse.Gateway.Forwarding;

/// <summary>The connections to backends: HTTP/1.1, kept alive, no redirects, no cookies, no proxy, nothing decompressed.</summary>
/// <param name="open">For addresses that Rouse or a provider made.</param>
/// <param name="guarded">For addresses that are a caller's word: connects to what the egress policy allows, and to nothing else.</param>
public sealed class BackendHttp(HttpMessageInvoker open, HttpMessageInvoker guarded)
{
    public HttpMessageInvoker For(RouteBackend backend) => backend.IsGuarded ? guarded : open;
}
