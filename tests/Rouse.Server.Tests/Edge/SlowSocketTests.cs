using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Rouse.Server.Http;
using Rouse.Server.Tests.Host;
using Rouse.TestKit.Time;
using Xunit.Abstractions;

namespace Rouse.Server.Tests.Edge;

/// <summary>
/// Clients that send as slowly as they can lose their connection, and others do not notice them. <c>ROUSE_EDGE_SLOW</c> sets how many and takes the product's
/// own bounds.
/// </summary>
public sealed class SlowSocketTests(ITestOutputHelper output)
{
    private const int Default = 200;
    private const int HealthyRequests = 200;

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(500);

    /// <summary>The server looks once a second, and a loaded machine is late: this ends a failing test only.</summary>
    private static readonly TimeSpan s_late = Eventually.Deadline;

    [Fact]
    public async Task SlowSockets_AreClosed_AndOthersAreServedMeanwhile()
    {
        var isLong = int.TryParse(Environment.GetEnvironmentVariable("ROUSE_EDGE_SLOW"), NumberStyles.None, CultureInfo.InvariantCulture, out var set);
        var limits = isLong ? new EdgeLimits() : new EdgeLimits { HeaderTime = TimeSpan.FromSeconds(2), BodyGrace = TimeSpan.FromSeconds(2) };
        var count = isLong ? set : Default;
        await using var server = await TestServer.StartAsync(options => options with { Edge = limits });
        var alone = await ServeAsync(server);
        var slow = Enumerable.Range(0, count).Select(n => DribbleAsync(server.Host.BaseAddress.Port, n)).ToList();
        var beside = await ServeAsync(server);
        var ends = await Task.WhenAll(slow);
        var (headers, bodies) = (ends.Where((_, n) => n % 2 == 0).Max(), ends.Where((_, n) => n % 2 == 1).Max());
        output.WriteLine($"{count} slow sockets: headers closed within {headers.TotalSeconds:0.0} s, bodies within {bodies.TotalSeconds:0.0} s");
        output.WriteLine($"Others: p99 {alone.TotalMilliseconds:0.0} ms alone, {beside.TotalMilliseconds:0.0} ms beside them");
        Assert.True(headers < limits.HeaderTime + s_late, $"{headers}");
        Assert.True(bodies < limits.BodyGrace + s_late, $"{bodies}");
    }

    /// <returns>How long the server bore it.</returns>
    private static async Task<TimeSpan> DribbleAsync(int port, int n)
    {
        var head = n % 2 == 0
            ? "GET /v1/deployments HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
            : "POST /v1/deployments HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{";
        using var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync(IPAddress.Loopback, port);
        var stream = client.GetStream();
        var began = TimeProvider.System.GetTimestamp();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head));
        using var end = new CancellationTokenSource();
        var sending = SendAsync(stream, end.Token);
        try
        {
            await stream.CopyToAsync(Stream.Null);
        }
        catch (IOException)
        {
            // Reset.
        }

        var lasted = TimeProvider.System.GetElapsedTime(began);
        await end.CancelAsync();
        await sending;
        return lasted;
    }

    private static async Task SendAsync(NetworkStream stream, CancellationToken ct)
    {
        try
        {
            while (true)
            {
                await Task.Delay(s_pause, TimeProvider.System, ct);
                await stream.WriteAsync("a"u8.ToArray(), ct);
            }
        }
        catch (Exception error) when (error is IOException or OperationCanceledException)
        {
            // Closed.
        }
    }

    /// <returns>The 99th percentile of a healthy client's requests, all of which are answered.</returns>
    private static async Task<TimeSpan> ServeAsync(TestServer server)
    {
        List<TimeSpan> times = [];
        for (var i = 0; i < HealthyRequests; i++)
        {
            var began = TimeProvider.System.GetTimestamp();
            using var response = await server.Http.GetAsync(new Uri("/", UriKind.Relative));
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            times.Add(TimeProvider.System.GetElapsedTime(began));
        }

        return times.Order().ElementAt((int)(times.Count * 0.99) - 1);
    }
}
