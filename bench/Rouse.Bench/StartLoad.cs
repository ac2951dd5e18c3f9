using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Rouse.Bench;

/// <summary>From a server's process start to its first 200 of <c>/health</c>, and what it holds when idle. Prints one row of a Markdown table.</summary>
internal static class StartLoad
{
    private const int Runs = 7;
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan s_idle = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    public static async Task<int> RunAsync(string[] args)
    {
        if (args is not [var name, var folder, "--", var program, .. var arguments]) return 2;
        var times = new List<double>();
        long resident = 0;
        for (var run = 0; run < Runs; run++)
        {
            var port = FreePort();
            var data = Path.Combine(folder, Path.GetRandomFileName());
            var start = new ProcessStartInfo(program, arguments.Select(word => word
                .Replace("{port}", port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal).Replace("{data}", data, StringComparison.Ordinal)))
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            var begin = Stopwatch.GetTimestamp();
            using var server = Process.Start(start)!;
            try
            {
                server.BeginOutputReadLine();
                server.BeginErrorReadLine();
                await FirstAnswerAsync(port);
                times.Add(Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
                if (run == Runs - 1)
                {
                    await Task.Delay(s_idle, TimeProvider.System);
                    server.Refresh();
                    resident = server.WorkingSet64 >> 20;
                }
            }
            finally
            {
                server.Kill();
                await server.WaitForExitAsync();
            }
        }

        times.Sort();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {times[Runs / 2]:F0} | {times[0]:F0} | {times[^1]:F0} | {resident} |"));
        return 0;
    }

    private static async Task FirstAnswerAsync(int port)
    {
        var request = "GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"u8.ToArray();
        var answer = new byte[512];
        using var patience = new CancellationTokenSource(s_patience, TimeProvider.System);
        while (true)
        {
            try
            {
                using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(IPAddress.Loopback, port, patience.Token);
                await socket.SendAsync(request, patience.Token);
                var got = await socket.ReceiveAsync(answer, patience.Token);
                if (answer.AsSpan(0, got).StartsWith("HTTP/1.1 200"u8)) return;
            }
            catch (SocketException)
            {
                // Not listening yet.
            }

            await Task.Delay(s_look, TimeProvider.System, patience.Token);
        }
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
