using System.Net.Http;
using System.Text;

namespace Rouse.Gateway.Forwarding;

/// <summary>How connections to backends are made and kept.</summary>
public static class BackendHandler
{
    /// <summary>
    /// Shorter than what common servers keep an idle connection for (uvicorn and Node 5 s), so that hardly a request meets a connection that is being closed: what such
    /// a request came to cannot be known.
    /// </summary>
    public static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(4);

    /// <summary>Long enough to reuse connections, short enough to follow a name that moves.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(2);

    /// <summary>Of a connection with its TLS: several of the longest round trips (1 s), and no more of a caller's time.</summary>
    public static readonly TimeSpan ConnectTime = TimeSpan.FromSeconds(8);

    /// <summary>To one backend. Admission bounds what is sent at once; this keeps its mistakes and open WebSockets below what one address has ports for.</summary>
    public const int MaxConnectionsPerServer = 8_192;

    /// <summary>For addresses that Rouse or a provider made.</summary>
    public static SocketsHttpHandler Open() => Tune(new SocketsHttpHandler
    {
        ConnectTimeout = ConnectTime, MaxConnectionsPerServer = MaxConnectionsPerServer, PooledConnectionLifetime = Lifetime,
    });

    /// <summary>Sets what every handler to a backend needs; how it connects stays as it is.</summary>
    /// <returns>The same handler.</returns>
    public static SocketsHttpHandler Tune(SocketsHttpHandler handler)
    {
        handler.AllowAutoRedirect = false;
        handler.UseCookies = false;
        handler.UseProxy = false;
        handler.PooledConnectionIdleTimeout = IdleTime;
        // HeaderHygiene writes the trace's headers; the handler's own would come on top of the caller's.
        handler.ActivityHeadersPropagator = null;
        // As the front reads them: by default the one takes UTF-8 and the other sends nothing but ASCII.
        handler.RequestHeaderEncodingSelector = static (_, _) => Encoding.UTF8;
        handler.ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1;
        return handler;
    }
}
