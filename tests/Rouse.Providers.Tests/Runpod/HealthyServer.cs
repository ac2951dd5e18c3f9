using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Rouse.Providers.Tests.Runpod;

/// <summary>A container's server that answers 200 to everything.</summary>
internal sealed class HealthyServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private Task _serving = Task.CompletedTask;

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    public static Task<HealthyServer> StartAsync()
    {
        var server = new HealthyServer();
        server._listener.Start();
        server._serving = server.ServeAsync();
        return Task.FromResult(server);
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _listener.Dispose();
        _end.Dispose();
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            using var socket = await _listener.AcceptSocketAsync(_end.Token);
            var seen = new byte[16 * 1024];
            await socket.ReceiveAsync(seen, SocketFlags.None, _end.Token);
            await socket.SendAsync(Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"), SocketFlags.None, _end.Token);
            socket.Shutdown(SocketShutdown.Send);
        }
    }
}
