using System.Net;
using System.Net.Sockets;

namespace Rouse.Server.Tests.Egress;

/// <summary>Something internal that nobody's URL may reach: a listener on every address of this machine, version 4 and 6, that counts who comes.</summary>
internal sealed class Canary : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true };
    private readonly CancellationTokenSource _end = new();
    private readonly Task _accepting;
    private readonly IPAddress? _open;
    private int _connections;
    private int _visits;

    /// <param name="open">An address that stands for the public internet: who comes there is counted apart.</param>
    public Canary(IPAddress? open = null)
    {
        _open = open?.MapToIPv6();
        _listener.Bind(new IPEndPoint(IPAddress.IPv6Any, 0));
        _listener.Listen(512);
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <summary>A connection counts before any byte: even its success would tell a caller that something listens.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Who came to the address that stands for the public internet.</summary>
    public int Visits => Volatile.Read(ref _visits);

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _accepting;
        _listener.Dispose();
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var connection = await _listener.AcceptAsync(_end.Token);
                var isOpen = _open is not null && ((IPEndPoint)connection.LocalEndPoint!).Address.Equals(_open);
                Interlocked.Increment(ref isOpen ? ref _visits : ref _connections);
                _ = AnswerAsync(connection);
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    private async Task AnswerAsync(Socket connection)
    {
        using (connection)
        {
            try
            {
                await connection.ReceiveAsync(new byte[16 << 10], _end.Token);
                await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray(), _end.Token);
            }
            catch (Exception error) when (error is SocketException or OperationCanceledException)
            {
                // It left, or the test is over.
            }
        }
    }
}
