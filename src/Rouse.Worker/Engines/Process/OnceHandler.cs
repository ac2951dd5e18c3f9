using System.Net.Sockets;

namespace Rouse.Worker.Engines.Process;

/// <summary>
/// Connections of which each carries one request, and requests that are put on one connection at most: .NET sends one again by itself when the server closes
/// without an answer, and a server may have died of it.
/// </summary>
internal static class OnceHandler
{
    /// <summary>On this machine at once, or never.</summary>
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    private static readonly HttpRequestOptionsKey<bool> s_connected = new("Rouse.Connected");

    public static SocketsHttpHandler Create() => new()
    {
        // The server is here, and a redirect or a cookie of it is nobody's.
        UseProxy = false,
        AllowAutoRedirect = false,
        UseCookies = false,
        ConnectTimeout = ConnectTimeout,
        PooledConnectionLifetime = TimeSpan.Zero,
        ConnectCallback = ConnectAsync,
    };

    /// <summary>Whether the server may have seen it.</summary>
    public static bool WasConnected(HttpRequestMessage request) => request.Options.TryGetValue(s_connected, out _);

    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken ct)
    {
        if (WasConnected(context.InitialRequestMessage)) throw new IOException("It was closed without an answer.");
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(context.DnsEndPoint, ct);
            context.InitialRequestMessage.Options.Set(s_connected, value: true);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
