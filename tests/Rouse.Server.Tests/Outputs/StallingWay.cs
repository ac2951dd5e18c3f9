using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Rouse.Server.Tests.Outputs;

/// <summary>A way to a server that stops in the middle of the first body sent by PUT, and then neither goes on nor says so: what a dead machine leaves of a connection.</summary>
internal sealed class StallingWay : IAsyncDisposable
{
    /// <summary>Bytes of the request, its head included, that get through.</summary>
    private const int LetThrough = 2_000;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _ending = new();
    private readonly IPEndPoint _server;
    private readonly Task _accepting;
    private int _stalled;

    public StallingWay(Uri server)
    {
        _server = new IPEndPoint(IPAddress.Loopback, server.Port);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public Uri Url => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/");

    /// <summary>The first line of the request that was stopped.</summary>
    public TaskCompletionSource<string> Stalled { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _accepting;
        _listener.Dispose();
        _ending.Dispose();
    }

    private async Task AcceptAsync()
    {
        List<Task> passing = [];
        try
        {
            while (true) passing.Add(PassAsync(await _listener.AcceptTcpClientAsync(_ending.Token)));
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(passing);
        }
    }

    private async Task PassAsync(TcpClient from)
    {
        using var to = new TcpClient();
        using (from)
        {
            try
            {
                await to.ConnectAsync(_server, _ending.Token);
                // Whoever of the two hangs up first ends both, but for a stalled one, which stays.
                await Task.WhenAny(UpAsync(from.GetStream(), to.GetStream()), to.GetStream().CopyToAsync(from.GetStream(), _ending.Token)).Unwrap();
            }
            catch (Exception fault) when (fault is IOException or SocketException or OperationCanceledException)
            {
                // Hung up.
            }
        }
    }

    private async Task UpAsync(NetworkStream from, NetworkStream to)
    {
        var buffer = new byte[64 << 10];
        while (await from.ReadAsync(buffer, _ending.Token) is > 0 and var read)
        {
            var put = buffer.AsSpan(0, read).IndexOf("PUT /internal/"u8);
            if (put < 0 || Interlocked.Exchange(ref _stalled, 1) == 1)
            {
                await to.WriteAsync(buffer.AsMemory(0, read), _ending.Token);
                continue;
            }

            var head = Encoding.ASCII.GetString(buffer, put, read - put);
            for (var left = put + LetThrough; left > 0;)
            {
                var some = Math.Min(left, read);
                await to.WriteAsync(buffer.AsMemory(0, some), _ending.Token);
                left -= some;
                if (left > 0 && (read = await from.ReadAsync(buffer, _ending.Token)) == 0) break;
            }

            Stalled.TrySetResult(head[..head.IndexOf('\r', StringComparison.Ordinal)]);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, _ending.Token);
        }
    }
}
