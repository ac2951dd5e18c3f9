using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Rouse.Worker.Reports;

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

    /// <summary>Before the next try to take a connection where none can be taken: this process has too many files open, and asking on would keep a core busy.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Between two lines that say so.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromMinutes(1);

    private readonly TcpListener _listener;
    private readonly Func<TcpListener, Socket> _accept;
    private readonly WorkerHealth _health;
    private readonly WorkerLog _log;
    private readonly TimeProvider _time;
    private readonly Thread _thread;
    private readonly ManualResetEventSlim _ending = new();

    private HealthListener(TcpListener listener, Func<TcpListener, Socket> accept, WorkerHealth health, WorkerLog log, TimeProvider time)
    {
        (_listener, _accept, _health, _log, _time) = (listener, accept, health, log, time);
        _thread = new Thread(Run) { IsBackground = true, Name = "health" };
        _thread.Start();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <param name="port">0: any free one.</param>
    /// <param name="accept">Takes a connection; null: as the listener does.</param>
    /// <exception cref="SocketException">The port is taken, or not for this user.</exception>
    public static HealthListener Start(int port, WorkerHealth health, WorkerLog log, TimeProvider time, Func<TcpListener, Socket>? accept = null)
    {
        // Both families where there are two: a cluster's probes may come by either.
        var listener = Socket.OSSupportsIPv6 ? TcpListener.Create(port) : new TcpListener(IPAddress.Any, port);
        listener.Start();
        return new HealthListener(listener, accept ?? (static from => from.AcceptSocket()), health, log, time);
    }

    public void Dispose()
    {
        _ending.Set();
        _listener.Dispose();
        _thread.Join();
        _ending.Dispose();
    }

    private void Run()
    {
        long? told = null;
        while (!_ending.IsSet)
        {
            try
            {
                using var client = _accept(_listener);
                Serve(client);
            }
            catch (Exception fault) when (fault is SocketException or ObjectDisposedException or InvalidOperationException)
            {
                // The listener is closed; or no connection can be taken.
                if (_ending.IsSet) return;
                if (told is not { } at || _time.GetElapsedTime(at) >= Quiet)
                {
                    told = _time.GetTimestamp();
                    _log.Warning($"Probes cannot be answered for now: {fault.Message}");
                }

                _ending.Wait(Pause);
            }
        }
    }

    private void Serve(Socket client)
    {
        try
        {
            Answer(client);
        }
        catch (SocketException)
        {
            // A prober that went away, or is too slow.
        }
    }

    private void Answer(Socket client)
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
