using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Rouse.Bench;

/// <summary>Deploys once and asks for it again and again, with a key or without. Prints one row of a Markdown table.</summary>
internal sealed class GetLoad(Uri server, string? key, int process)
{
    private const int Callers = 8;
    private const int PlainStatus = (int)HttpStatusCode.OK;

    /// <summary>Until the runtime has compiled the way of a request for the last time: after 3 s it has not.</summary>
    private static readonly TimeSpan s_warmUp = TimeSpan.FromSeconds(15);

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false }) { BaseAddress = server };

    public static async Task<int> RunAsync(string[] args)
    {
        if (args is not [var name, var url, "--key", var key, "--server", var process, "--seconds", var seconds]) return 2;
        var load = new GetLoad(new Uri(url), key.Length > 0 ? key : null, int.Parse(process, CultureInfo.InvariantCulture));
        await load.RunAsync(name, TimeSpan.FromSeconds(double.Parse(seconds, CultureInfo.InvariantCulture)));
        return 0;
    }

    private async Task RunAsync(string name, TimeSpan length)
    {
        if (key is not null) _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        using var body = new StringContent("""{"hf_model_id":"bench/model"}""", Encoding.UTF8, "application/json");
        using var posted = await _http.PostAsync("v1/deployments", body);
        posted.EnsureSuccessStatusCode();
        using var reply = JsonDocument.Parse(await posted.Content.ReadAsStringAsync());
        var path = "v1/deployments/" + reply.RootElement.GetProperty("deployment_id").GetString();
        await AskAsync(path, s_warmUp);
        using var served = Process.GetProcessById(process);
        var (before, watch) = (served.TotalProcessorTime, Stopwatch.StartNew());
        var times = await AskAsync(path, length);
        var elapsed = watch.Elapsed.TotalSeconds;
        served.Refresh();
        var cpu = (served.TotalProcessorTime - before).TotalMicroseconds / times.Count;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {name} | {times.Count / elapsed:N0} | {cpu:N0} | {times[times.Count / 2]:F2} | {times[times.Count * 99 / 100]:F2} |"));
    }

    /// <summary>Milliseconds of each call, sorted.</summary>
    private async Task<List<double>> AskAsync(string path, TimeSpan length)
    {
        var times = await Task.WhenAll(Enumerable.Range(0, Callers).Select(async _ =>
        {
            var (own, watch) = (new List<double>(), Stopwatch.StartNew());
            while (watch.Elapsed < length)
            {
                var start = Stopwatch.GetTimestamp();
                using var response = await _http.GetAsync(path);
                await response.Content.ReadAsByteArrayAsync();
                if ((int)response.StatusCode != PlainStatus) throw new InvalidOperationException($"GET: {(int)response.StatusCode}");
                own.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }

            return own;
        }));
        return [.. times.SelectMany(own => own).Order()];
    }
}
