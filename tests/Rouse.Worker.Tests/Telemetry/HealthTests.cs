using System.Net.Sockets;
using System.Text;
using Rouse.Contracts.Secrecy;
using Rouse.Worker.Lifetime;
using Rouse.Worker.Reports;
using Rouse.Worker.Telemetry;
using Rouse.Worker.Tests.Support;

namespace Rouse.Worker.Tests.Telemetry;

/// <summary>What a platform's probes are answered, over a real socket.</summary>
public sealed class HealthTests : IDisposable
{
    private readonly Shutdown _shutdown = new();
    private readonly WorkerHealth _health;
    private readonly StringWriter _output = new();
    private readonly HealthListener _listener;
    private int _refusals;
    private int _tries;

    public HealthTests()
    {
        _health = new WorkerHealth(_shutdown) { Metrics = static () => "rouse_worker_up 1" };
        var log = new WorkerLog(TextWriter.Synchronized(_output), TimeProvider.System, SecretMask.Shapes);
        _listener = HealthListener.Start(0, _health, log, TimeProvider.System, Accept);
    }

    [Fact]
    public void AWorker_LivesFromTheStart_IsReadyWhileItServes_AndNoMoreWhenItDrainsOrItsEngineBroke()
    {
        Assert.Equal(("200 OK", "starting\n"), Ask("GET /livez HTTP/1.1\r\nHost: w\r\n\r\n"));
        Assert.Equal(("503 ServiceUnavailable", "starting\n"), Ask("GET /readyz HTTP/1.1\r\nHost: w\r\n\r\n"));
        var isUp = true;
        _health.Serves(new ScriptedEngine(static (_, _, _) => Task.FromResult("1")) { Up = () => isUp });
        Assert.Equal(("200 OK", "ready\n"), Ask("GET /readyz?verbose=1 HTTP/1.1\r\nHost: w\r\n\r\n"));
        isUp = false;
        Assert.Equal(("503 ServiceUnavailable", "waiting\n"), Ask("GET /readyz HTTP/1.1\r\nHost: w\r\n\r\n"));
        Assert.Equal(("200 OK", "waiting\n"), Ask("GET /livez HTTP/1.1\r\nHost: w\r\n\r\n"));
        isUp = true;
        _shutdown.Request(StopReason.EngineBroken);
        Assert.Equal(("503 ServiceUnavailable", "draining\n"), Ask("GET /readyz HTTP/1.1\r\nHost: w\r\n\r\n"));
        Assert.Equal(("200 OK", "draining\n"), Ask("GET /livez HTTP/1.1\r\nHost: w\r\n\r\n"));
    }

    [Theory]
    [InlineData("GET /metrics HTTP/1.1\r\n\r\n", "200 OK", "rouse_worker_up 1\n")]
    [InlineData("HEAD /livez HTTP/1.1\r\n\r\n", "200 OK", "")]
    [InlineData("POST /livez HTTP/1.1\r\n\r\n", "405 MethodNotAllowed", "Only GET.\n")]
    [InlineData("GET /secrets HTTP/1.1\r\n\r\n", "404 NotFound", "Ask for /livez, /readyz or /metrics.\n")]
    [InlineData("nonsense\r\n\r\n", "", "")]
    [InlineData("\r\n\r\n", "", "")]
    public void ARequest_IsAnsweredOrDropped(string request, string status, string body) => Assert.Equal((status, body), Ask(request));

    [Fact]
    public void OneThatStaysSilent_OrSendsWithoutEnd_HoldsUpNobodyForLong()
    {
        using var silent = Connect();
        using var gone = Connect();
        gone.Close(0);
        Assert.Equal(("", ""), Ask(new string('x', HealthListener.MaxHeadBytes)));

        Assert.Equal("200 OK", Ask("GET /livez HTTP/1.1\r\n\r\n").Status);
    }

    [Fact]
    public async Task AProcessWithoutAFileLeft_IsNotKeptBusy_SaysSoOnce_AndAnswersWhenItCanAgain()
    {
        var (before, began) = (Volatile.Read(ref _tries), TimeProvider.System.GetTimestamp());
        Volatile.Write(ref _refusals, 3);
        Assert.Equal("200 OK", Ask("GET /livez HTTP/1.1\r\n\r\n").Status);
        await Deadline.UntilAsync(() => Volatile.Read(ref _refusals) <= 0);
        Assert.Equal("200 OK", Ask("GET /livez HTTP/1.1\r\n\r\n").Status);

        // However slow the machine: never faster than the pause allows. The first listened already, the last one does again.
        Assert.True(TimeProvider.System.GetElapsedTime(began) >= 2 * HealthListener.Pause);
        Assert.InRange(Volatile.Read(ref _tries) - before, 4, 6);
        Assert.Equal(2, _output.ToString().Split("Probes cannot be answered for now: Too many open").Length);
    }

    public void Dispose()
    {
        _listener.Dispose();
        _shutdown.Dispose();
    }

    private Socket Accept(TcpListener listener)
    {
        Interlocked.Increment(ref _tries);
        return Interlocked.Decrement(ref _refusals) >= 0 ? throw new SocketException((int)SocketError.TooManyOpenSockets) : listener.AcceptSocket();
    }

    private (string Status, string Body) Ask(string request)
    {
        using var socket = Connect();
        socket.Send(Encoding.ASCII.GetBytes(request));
        var reply = new StringBuilder();
        var buffer = new byte[4096];
        try
        {
            while (socket.Receive(buffer) is > 0 and var read) reply.Append(Encoding.UTF8.GetString(buffer, 0, read));
        }
        catch (SocketException)
        {
            // Dropped with bytes of ours unread: a reset.
        }

        var parts = reply.ToString().Split("\r\n\r\n", 2);
        return parts.Length < 2 ? ("", "") : (parts[0].Split("\r\n")[0]["HTTP/1.1 ".Length..], parts[1]);
    }

    private Socket Connect()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 10_000 };
        socket.Connect("127.0.0.1", _listener.Port);
        return socket;
    }
}
