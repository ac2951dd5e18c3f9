using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Rouse.Bench;

/// <summary>Posts deployments: first those that stay in flight, then those whose time is taken. Prints rows of a Markdown table.</summary>
internal sealed class PostLoad(Uri server)
{
    private const int WarmUp = 200;
    private const int Samples = 500;
    private const int Callers = 8;

    /// <summary>What has been accepted has a worker process by then, or the server cannot do it.</summary>
    private static readonly TimeSpan s_settle = TimeSpan.FromSeconds(20);
    private static readonly byte[] s_body = Encoding.UTF8.GetBytes("""{"hf_model_id":"bench/model","gpu_tier":"A10","workers":{"min":1,"max":1}}""");
    private static readonly string[] s_ended = ["ready", "failed", "deleted"];

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false }) { BaseAddress = server };

    public static async Task<int> RunAsync(string[] args)
    {
        if (args is not [var name, var url, "--in-flight", var inFlight]) return 2;
        var load = new PostLoad(new Uri(url));
        var count = int.Parse(inFlight, CultureInfo.InvariantCulture);
        await load.PostManyAsync(Math.Max(count, WarmUp), Callers);
        var open = "–";
        if (count > 0)
        {
            await Task.Delay(s_settle, TimeProvider.System);
            open = (await load.CountInFlightAsync()).ToString("N0", CultureInfo.InvariantCulture);
        }

        Print(name, open, "1", await load.PostManyAsync(Samples, 1));
        Print(name, open, Callers.ToString(CultureInfo.InvariantCulture), await load.PostManyAsync(Samples, Callers));
        return 0;
    }

    private static void Print(string name, string open, string callers, List<double> times) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture, $"| {name} | {open} | {callers} | {times[times.Count / 2]:F1} | {times[times.Count * 99 / 100]:F1} | {times[^1]:F1} |"));

    /// <summary>Milliseconds of each call, sorted.</summary>
    private async Task<List<double>> PostManyAsync(int count, int callers)
    {
        var left = count;
        var times = await Task.WhenAll(Enumerable.Range(0, callers).Select(async _ =>
        {
            var own = new List<double>();
            while (Interlocked.Decrement(ref left) >= 0)
            {
                var start = Stopwatch.GetTimestamp();
                await PostAsync();
                own.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }

            return own;
        }));
        return [.. times.SelectMany(own => own).Order()];
    }

    private async Task PostAsync()
    {
        using var content = new ByteArrayContent(s_body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        using var response = await _http.PostAsync("v1/deployments", content);
        if (response.StatusCode != HttpStatusCode.Accepted) throw new InvalidOperationException($"POST: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");
        await response.Content.ReadAsByteArrayAsync();
    }

    /// <summary>Not what was sent, but what the server says is neither ready nor ended.</summary>
    private async Task<int> CountInFlightAsync()
    {
        var (count, cursor) = (0, "");
        while (true)
        {
            using var page = JsonDocument.Parse(await _http.GetByteArrayAsync("v1/deployments?limit=100" + cursor));
            count += page.RootElement.GetProperty("deployments").EnumerateArray().Count(one => !s_ended.Contains(one.GetProperty("status").GetString(), StringComparer.Ordinal));
            if (!page.RootElement.TryGetProperty("next_cursor", out var next) || next.GetString() is not { } more) return count;
            cursor = "&cursor=" + Uri.EscapeDataString(more);
        }
    }
}
