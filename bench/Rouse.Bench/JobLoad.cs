using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Rouse.Bench;

/// <summary>Callers and workers of a job plane over HTTP. Prints one row of a Markdown table.</summary>
internal sealed class JobLoad(Uri server)
{
    private const int LatencySamples = 1000;
    private static readonly byte[] s_job = """{"input":{"prompt":"a lighthouse at dusk","num_inference_steps":2,"seed":7}}"""u8.ToArray();
    private static readonly byte[] s_result = """{"output":{"image_url":"https://storage.example/pictures/0001.png"}}"""u8.ToArray();

    /// <summary>Until both sides run as they would after an hour: compilers included.</summary>
    private static readonly TimeSpan s_warmUp = TimeSpan.FromSeconds(8);

    /// <summary>Between two single jobs: the worker's poll is then surely open again.</summary>
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(8);

    private readonly HttpClient _http = new(new SocketsHttpHandler { MaxConnectionsPerServer = 1024, UseProxy = false, UseCookies = false }) { BaseAddress = server };
    private long _submitted;
    private long _done;
    private volatile bool _sendWorkersHome;

    public static async Task<int> RunAsync(string[] args)
    {
        if (args is not [var name, var url, "--seconds", var seconds, "--submitters", var submitters, "--workers", var workers]) return 2;
        var load = new JobLoad(new Uri(url));
        var (s, w) = (int.Parse(submitters, CultureInfo.InvariantCulture), int.Parse(workers, CultureInfo.InvariantCulture));
        await load.ThroughputAsync(s_warmUp, s, w);
        var rate = await load.ThroughputAsync(TimeSpan.FromSeconds(int.Parse(seconds, CultureInfo.InvariantCulture)), s, w);
        var waits = await load.LatencyAsync();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {rate:F0} | {waits[waits.Count / 2]:F2} | {waits[waits.Count * 99 / 100]:F2} |"));
        return 0;
    }

    /// <summary>Jobs that went all the way, per second; the time to finish what is queued at the end counts.</summary>
    private async Task<double> ThroughputAsync(TimeSpan time, int submitters, int workers)
    {
        (_submitted, _done, _sendWorkersHome) = (0, 0, false);
        var watch = Stopwatch.StartNew();
        var atWork = Enumerable.Range(0, workers).Select(i => WorkAsync($"worker-{i}")).ToList();
        await Task.WhenAll(Enumerable.Range(0, submitters).Select(_ => SubmitManyAsync(watch, time)));
        while (Interlocked.Read(ref _done) < Interlocked.Read(ref _submitted)) await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        var rate = _done / watch.Elapsed.TotalSeconds;

        // One more job for each, so that no poll is cut off: not every server notices, and the next job would go to the one who has left.
        _sendWorkersHome = true;
        for (var i = 0; i < workers; i++) await SubmitAsync();
        await Task.WhenAll(atWork);
        return rate;
    }

    /// <summary>Milliseconds from sending a job to an idle worker's having it, sorted.</summary>
    private async Task<List<double>> LatencyAsync()
    {
        var waits = new List<double>(LatencySamples);
        for (var i = 0; i < LatencySamples; i++)
        {
            var take = TakeAsync("idle");
            await Task.Delay(s_pause, TimeProvider.System);
            var start = Stopwatch.GetTimestamp();
            var submit = SubmitAsync();
            var job = await take ?? throw new InvalidOperationException("The worker's poll ran out.");
            waits.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            await submit;
            await FinishAsync("idle", job);
        }

        waits.Sort();
        return waits;
    }

    private async Task SubmitManyAsync(Stopwatch watch, TimeSpan time)
    {
        while (watch.Elapsed < time)
        {
            await SubmitAsync();
            Interlocked.Increment(ref _submitted);
        }
    }

    private async Task WorkAsync(string worker)
    {
        while (true)
        {
            if (await TakeAsync(worker) is not { } job) continue;
            var last = _sendWorkersHome;
            await FinishAsync(worker, job);
            Interlocked.Increment(ref _done);
            if (last) return;
        }
    }

    private async Task SubmitAsync() => await SendAsync(HttpMethod.Post, "run", s_job, "application/json", "Bearer " + JobServer.Key);

    private async Task FinishAsync(string worker, string job) => await SendAsync(
        HttpMethod.Post, $"job-done/{worker}/{job}?gpu=cpu&isStream=false", s_result, "application/x-www-form-urlencoded", JobServer.WorkerToken);

    private async Task<string?> TakeAsync(string worker)
    {
        var body = await SendAsync(HttpMethod.Get, $"job-take/{worker}?gpu=cpu&job_in_progress=0", body: null, contentType: null, JobServer.WorkerToken);
        return body.Length == 0 ? null : ReadId(body);
    }

    private static string ReadId(byte[] body)
    {
        var reader = new Utf8JsonReader(body);
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("id"u8) && reader.Read()) return reader.GetString()!;
        }

        throw new InvalidOperationException("The job has no id.");
    }

    private async Task<byte[]> SendAsync(HttpMethod method, string path, byte[]? body, string? contentType, string authorization)
    {
        using var request = new HttpRequestMessage(method, $"v2/{JobServer.Deployment}/{path}");
        request.Headers.TryAddWithoutValidation("Authorization", authorization);
        if (body is not null) request.Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue(contentType!) } };
        using var response = await _http.SendAsync(request);
        if (response.StatusCode is not (HttpStatusCode.OK or HttpStatusCode.NoContent)) throw new InvalidOperationException($"{method} {path}: {(int)response.StatusCode}");
        return await response.Content.ReadAsByteArrayAsync();
    }
}
