using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Rouse.Bench;

/// <summary>
/// Deploys a service whose backend does not run yet, sends requests to it that are held, and starts the backend. Prints one row of a Markdown table: what a held request takes of the
/// server's memory, how long after the first probe that found the backend ready the first and the last caller had an answer, and what was answered.
/// </summary>
internal sealed class HeldLoad(Uri server, string key, int process)
{
    private const int Concurrency = 64;

    /// <summary>Until the server has taken all that was sent.</summary>
    private static readonly TimeSpan s_settle = TimeSpan.FromSeconds(5);

    private readonly ConcurrentQueue<(string Status, long At)> _answers = new();
    private long _ready;

    public static async Task<int> RunAsync(string[] args)
    {
        if (args is not [var url, "--key", var key, "--server", var process, "--count", var count, "--backend-port", var port]) return 2;
        var load = new HeldLoad(new Uri(url), key, int.Parse(process, CultureInfo.InvariantCulture));
        await load.RunAsync(int.Parse(count, CultureInfo.InvariantCulture), int.Parse(port, CultureInfo.InvariantCulture));
        return 0;
    }

    private async Task RunAsync(int count, int port)
    {
        using var http = new HttpClient { BaseAddress = server };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        using var body = new StringContent(
            $$$"""{"service":{"upstream":"http://127.0.0.1:{{{port}}}","concurrency":{{{Concurrency}}},"max_queue":{{{count}}}}}""", Encoding.UTF8, "application/json");
        using var posted = await http.PostAsync("v1/deployments", body);
        var reply = await posted.Content.ReadAsStringAsync();
        if (!posted.IsSuccessStatusCode) throw new InvalidOperationException(reply);
        var id = JsonDocument.Parse(reply).RootElement.GetProperty("deployment_id").GetString();
        var request = Encoding.ASCII.GetBytes($"GET /d/{id}/held HTTP/1.1\r\nHost: {server.Authority}\r\nAuthorization: Bearer {key}\r\nConnection: close\r\n\r\n");
        using var served = Process.GetProcessById(process);
        var before = served.WorkingSet64;
        List<Task> callers = [];
        for (var i = 0; i < count; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(IPAddress.Loopback, server.Port);
            await socket.SendAsync(request);
            callers.Add(HearAsync(socket));
        }

        await Task.Delay(s_settle, TimeProvider.System);
        served.Refresh();
        var (after, early) = (served.WorkingSet64, _answers.Count);
        await using var backend = await StartAsync(port);
        await Task.WhenAll(callers);
        var times = _answers.Where(answer => answer.At >= _ready).Select(answer => Stopwatch.GetElapsedTime(_ready, answer.At).TotalMilliseconds).Order().ToList();
        var statuses = string.Join(", ", _answers.CountBy(answer => answer.Status).OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Value} × {pair.Key}"));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {count - early} | {(after - before) / 1024.0 / Math.Max(1, count - early):F1} | {times.FirstOrDefault():F1} | {times.LastOrDefault():F0} | {statuses} |"));
    }

    private async Task HearAsync(Socket socket)
    {
        using (socket)
        {
            var buffer = new byte[2048];
            var status = "";
            var at = 0L;
            try
            {
                while (await socket.ReceiveAsync(buffer) is > 0 and var read)
                {
                    if (at > 0) continue;
                    at = Stopwatch.GetTimestamp();
                    status = Encoding.ASCII.GetString(buffer, 0, read)["HTTP/1.1 ".Length..][..3];
                }
            }
            catch (SocketException error)
            {
                status = error.SocketErrorCode.ToString();
            }

            _answers.Enqueue((status.Length > 0 ? status : "closed", at > 0 ? at : Stopwatch.GetTimestamp()));
        }
    }

    private async Task<WebApplication> StartAsync(int port)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        var app = builder.Build();
        app.Run(context =>
        {
            if (context.Request.Path == "/health") Interlocked.CompareExchange(ref _ready, Stopwatch.GetTimestamp(), 0);
            return context.Response.WriteAsync("ok");
        });
        await app.StartAsync();
        return app;
    }
}
