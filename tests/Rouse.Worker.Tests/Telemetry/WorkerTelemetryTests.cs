using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Rouse.TestKit.Otlp;
using Rouse.Worker.Engines;
using Rouse.Worker.Supervision;
using Rouse.Worker.Tests.Engines.ModelServers;
using Rouse.Worker.Tests.Support;

namespace Rouse.Worker.Tests.Telemetry;

/// <summary>The worker's own program through its life, as a platform's probes and a collector see it.</summary>
public sealed class WorkerTelemetryTests : IDisposable
{
    private const string Prompt = "canary prompt of a quiet lake";

    private readonly string _folder = Directory.CreateTempSubdirectory("rouse-telemetry-").FullName;
    private readonly HttpClient _http = new();
    private readonly (int Probes, int Server) _ports = (Listeners.FreePort(), Listeners.FreePort());

    public void Dispose()
    {
        _http.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task ProbesAndCollector_AreToldRight_FromTheLoadToTheLastJob()
    {
        using var collector = OtlpListener.Start();
        await using var plane = await FakeJobPlane.StartAsync();
        await Fifo.MakeAsync(Path.Combine(_folder, "go"));
        using var worker = Start(plane, collector.Url);

        await Deadline.UntilAsync(() => worker.Output.Contains("not up yet", StringComparison.Ordinal));
        Assert.Equal((HttpStatusCode.OK, "starting\n"), await AskAsync("/livez"));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "starting\n"), await AskAsync("/readyz"));
        Assert.Equal("0 0 0 0", await CountsAsync());

        await File.WriteAllTextAsync(Path.Combine(_folder, "go"), "\n");
        await plane.FirstAsync("job-take");
        Assert.Equal((HttpStatusCode.OK, "ready\n"), await AskAsync("/readyz"));
        plane.Hand("done", $$"""{"path":"/text","headers":{"X-Prompt":"{{Prompt}}"} }""");
        plane.Hand("refused", $$"""{"prompt":"{{Prompt}}"}""");
        plane.Hand("failed", """{"path":"/status/500"}""");
        await Deadline.UntilAsync(() => plane.Of("job-done").Count == 3);
        Assert.Equal("1 1 1 0", await CountsAsync());
        await Deadline.UntilAsync(() => collector.Points.Sum(static point => point.Count) == 6);

        plane.Hand("last", """{"openai_route":"/v1/chat/completions","openai_input":{"stream":true,"gated":1,"n":1}}""");
        await Deadline.UntilAsync(() => plane.Of("job-take").Count >= 4 && Holds(plane, "last"));
        worker.Terminate();
        await Deadline.UntilAsync(() => worker.Output.Contains("Asked to stop", StringComparison.Ordinal));
        Assert.Equal((HttpStatusCode.OK, "draining\n"), await AskAsync("/livez"));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "draining\n"), await AskAsync("/readyz"));
        using var released = await _http.PostAsync(new Uri($"http://127.0.0.1:{_ports.Server}/token"), content: null);
        Assert.Equal(0, await worker.EndAsync());

        Check(collector);
    }

    private static void Check(OtlpListener collector)
    {
        var jobs = collector.Points.Where(static point => point.Metric == "rouse.worker.jobs").ToDictionary(static point => Assert.Single(point.Tags).Value, static point => point.Count);
        Assert.Equal(new Dictionary<string, long> { ["done"] = 2, ["failed"] = 1, ["refused"] = 1 }, jobs);
        var durations = Assert.Single(collector.Points, static point => point.Metric == "rouse.worker.job.duration");
        Assert.Equal((4, "s"), (durations.Count, durations.Unit));
        Assert.Empty(durations.Tags);
        // Seconds, of four short jobs on however slow a machine.
        Assert.InRange(durations.Sum, 0.001, Deadline.Generous.TotalSeconds);
        Assert.All(collector.Points, static point => Assert.Equal("rouse-worker", point.Resource["service.name"]));

        var sent = string.Concat(collector.Bodies.Select(Encoding.Latin1.GetString));
        string[] hidden = [Prompt, "canary", WorkerFixture.Key, WorkerFixture.Secret.Reveal(), "job-done", "/text", "attempt-secret"];
        foreach (var word in hidden) Assert.DoesNotContain(word, sent, StringComparison.OrdinalIgnoreCase);
    }

    private WorkerProcess Start(FakeJobPlane plane, Uri collector)
    {
        var environment = WorkerFixture.Variables(plane.Url);
        environment.Remove("ROUSE_MODEL_PATH");
        environment["ROUSE_ENGINE"] = EngineNames.Process;
        // Not before the test says so.
        environment["ROUSE_PROCESS_COMMAND"] = JsonSerializer.Serialize<string[]>(["sh", "-c", """read -r go <"$3/go"; exec "$0" "$@" """.TrimEnd(), .. EngineFixture.Command(_folder)]);
        environment["ROUSE_PROCESS_PORT"] = _ports.Server.ToString(CultureInfo.InvariantCulture);
        environment["ROUSE_HEALTH_PORT"] = _ports.Probes.ToString(CultureInfo.InvariantCulture);
        environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.ToString();
        environment["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf";
        environment["OTEL_METRIC_EXPORT_INTERVAL"] = "500";
        return new WorkerProcess(environment);
    }

    private static bool Holds(FakeJobPlane plane, string job) => plane.Of("ping").Any(seen => seen.Target.Contains(job, StringComparison.Ordinal));

    private async Task<(HttpStatusCode Status, string Body)> AskAsync(string path)
    {
        using var answer = await _http.GetAsync(new Uri($"http://127.0.0.1:{_ports.Probes}{path}"));
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>Done, refused, failed and dropped jobs, as /metrics tells.</summary>
    private async Task<string> CountsAsync()
    {
        var (status, text) = await AskAsync("/metrics");
        Assert.Equal(HttpStatusCode.OK, status);
        return string.Join(' ', text.Split('\n').Where(static line => line.StartsWith("rouse_worker_jobs_total", StringComparison.Ordinal)).Select(static line => line.Split(' ')[1]));
    }
}
