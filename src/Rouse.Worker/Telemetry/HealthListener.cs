using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Rouse.Worker.Telemetry;

/// <summary>
/// Answers probes over HTTP from a thread of its own with blocking calls, one connection after the other: a model that keeps every pool thread busy must
/// not get its worker killed as dead. That is why it is no server of the framework: those answer from the pool.
/// </summary>
internal sealed class HealthListener : IDisposable
{
    /// <summary>Bytes of a request's head; a probe's has a few hundred.</summary>
    public const int MaxHeadBytes = 4_096;

    /// <summary>For one connection, so that one that stays silent does not hold up the next probe for long: those wait a second or more.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    private readonly TcpListener _listener;
    private readonly WorkerHealth _health;
    private readonly TimeProvider _time;
    private readonly Thread _thread;
    private volatile bool _ending;

    private HealthListener(TcpListener listener, WorkerHealth health, TimeProvider time)
    {
        (_listener, _health, _time) = (listener, health, time);
        _thread = new Thread(Run) { IsBackground = true, Name = "health" };
        _thread.Start();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <param name="port">0: any free one.</param>
    /// <exception cref="SocketException">The port is taken, or not for this user.</exception>
    public static HealthListener Start(int port, WorkerHealth health, TimeProvider time)
    {
        // Both families where there are two: a cluster's probes may come by either.
        var listener = Socket.OSSupportsIPv6 ? TcpListener.Create(port) : new TcpListener(IPAddress.Any, port);
        listener.Start();
        return new HealthListener(listener, health, time);
    }

    public void Dispose()
    {
        _ending = true;
        _listener.Dispose();
        _thread.Join();
    }

    private void Run()
    {
        while (true)
        {
            try
            {
                using var client = _listener.AcceptSocket();
                Serve(client);
            }
            catch (Exception fault) when (fault is SocketException or ObjectDisposedException or InvalidOperationException)
            {
                // A prober that went away; or the listener is closed.
                if (_ending) return;
            }
        }
    }

    private void Serve(Socket client)
    {
        var wait = (int)Patience.TotalMilliseconds;
        (client.ReceiveTimeout, client.SendTimeout) = (wait, wait);
        if (ReadHead(client) is not { } head) return;
        var words = head[..head.IndexOf('\r', StringComparison.Ordinal)].Split(' ');
        if (words is not [var method, var target, _]) return;
        var answer = method is "GET" or "HEAD" ? _health.Answer(target.Split('?')[0]) : new HealthAnswer(405, "Only GET.");
        var body = Encoding.UTF8.GetBytes(answer.Body + "\n");
        var reply = string.Create(
            CultureInfo.InvariantCulture,
            $"HTTP/1.1 {answer.Status} {(HttpStatusCode)answer.Status}\r\nContent-Type: {answer.MediaType}\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n");
        client.Send([.. Encoding.ASCII.GetBytes(reply), .. method is "HEAD" ? [] : body]);
        client.Shutdown(SocketShutdown.Send);
    }

    /// <returns>Up to the empty line; null when there is none in time or in bounds.</returns>
    private string? ReadHead(Socket client)
    {
        var buffer = new byte[MaxHeadBytes];
        var began = _time.GetTimestamp();
        for (var length = 0; length < buffer.Length && _time.GetElapsedTime(began) < Patience;)
        {
            var read = client.Receive(buffer, length, buffer.Length - length, SocketFlags.None);
            if (read == 0) return null;
            length += read;
            if (buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8) >= 0) return Encoding.ASCII.GetString(buffer, 0, length);
        }

        return null;
    }
}
