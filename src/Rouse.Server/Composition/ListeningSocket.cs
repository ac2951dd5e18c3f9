using System.Net;
using System.Net.Sockets;

namespace Rouse.Server.Composition;

/// <summary>
/// The socket the server listens on, bound before anything else is built: the address is then known to what hands it to workers, port 0 included,
/// and a port that is taken is a clear error and not a stack trace.
/// </summary>
internal sealed class ListeningSocket : IDisposable
{
    private readonly Socket _socket;

    private ListeningSocket(Socket socket) => _socket = socket;

    public ulong Handle => (ulong)_socket.Handle.ToInt64();

    public Uri BaseAddress
    {
        get
        {
            var bound = (IPEndPoint)_socket.LocalEndPoint!;
            // 0.0.0.0 and :: are no addresses to call.
            var host = bound.Address.Equals(IPAddress.Any) ? IPAddress.Loopback : bound.Address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : bound.Address;
            return new UriBuilder("http", host.ToString(), bound.Port).Uri;
        }
    }

    public bool IsLoopback => IPAddress.IsLoopback(((IPEndPoint)_socket.LocalEndPoint!).Address);

    /// <exception cref="RouseHostException">The address is not one, or cannot be listened on.</exception>
    public static ListeningSocket Bind(string host, int port)
    {
        var address = host.Equals("localhost", StringComparison.OrdinalIgnoreCase) ? IPAddress.Loopback
            : IPAddress.TryParse(host, out var parsed) ? parsed
            : throw new RouseHostException($"'{host}' is not an address to listen on. Use 127.0.0.1 for this machine only, 0.0.0.0 for all interfaces.");
        if (port is < 0 or > 65535) throw new RouseHostException($"{port} is not a port. Use 1 to 65535, or 0 for a free one.");
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            // As Kestrel does: a restart must not wait for the old connections' TIME_WAIT.
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            socket.Bind(new IPEndPoint(address, port));
            return new ListeningSocket(socket);
        }
        catch (SocketException error)
        {
            socket.Dispose();
            throw new RouseHostException($"Cannot listen on {host}:{port}: {error.Message}. Use another --port, or 0 for a free one.", error);
        }
    }

    public void Dispose() => _socket.Dispose();
}
