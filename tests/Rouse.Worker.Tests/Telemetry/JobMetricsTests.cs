using Rouse.Contracts.Secrecy;
using Rouse.TestKit.Time;
using Rouse.Worker.Engines;
using Rouse.Worker.Reports;
using Rouse.Worker.Telemetry;
using Rouse.Worker.Tests.Support;

namespace Rouse.Worker.Tests.Telemetry;

public sealed class JobMetricsTests
{
    private readonly StringWriter _output = new();
    private readonly ManualTime _time = new();

    [Fact]
    public void Summary_IsLoggedEachHundredJobs_WithMeanAndErrorRate()
    {
        using var metrics = Create();
        for (var i = 0; i < 99; i++) metrics.Ended(i < 10 ? JobEnd.Failed : JobEnd.Done, TimeSpan.FromSeconds(2));
        Assert.Equal("", _output.ToString());
        metrics.Ended(JobEnd.Refused, TimeSpan.FromSeconds(2));
        Assert.Contains("100 jobs since the start, 2.00 s each in the mean, 10.0 % failed, 1 refused, 0 dropped.", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Summary_IsLoggedWithTheNextJob_WhereTenMinutesHavePassed()
    {
        using var metrics = Create();
        _time.Advance(JobMetrics.LineInterval);
        metrics.Ended(JobEnd.Dropped, TimeSpan.Zero);
        Assert.Contains("1 jobs since the start", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Text_IsWhatACollectorReads()
    {
        using var metrics = Create();
        metrics.Ended(JobEnd.Done, TimeSpan.FromSeconds(1.5));
        metrics.Ended(JobEnd.Failed, TimeSpan.FromSeconds(0.25));
        var lines = metrics.Text().Split('\n');
        Assert.Contains("rouse_worker_jobs_total{outcome=\"done\"} 1", lines);
        Assert.Contains("rouse_worker_jobs_total{outcome=\"failed\"} 1", lines);
        Assert.Contains("rouse_worker_jobs_total{outcome=\"refused\"} 0", lines);
        Assert.Contains("rouse_worker_job_duration_seconds_sum 1.75", lines);
        Assert.Contains("rouse_worker_job_duration_seconds_count 2", lines);
        Assert.Equal("", lines[^1]);
    }

    [Fact]
    public async Task Jobs_OfAnyEngine_AreCountedByHowTheyEnded()
    {
        var engine = new ScriptedEngine(static (input, _, _) => input.TryGetProperty("refuse", out var _) ? throw new FormatException("no")
            : input.TryGetProperty("fail", out var _) ? throw new EngineException("engine_failed", "lost") : Task.FromResult("1"));
        using var metrics = Create();
        await using var worker = await WorkerFixture.StartAsync(engine, metrics: metrics);
        foreach (var (id, input) in new[] { ("a", "{}"), ("b", """{"refuse":1}"""), ("c", """{"fail":1}"""), ("d", """{"rouse_warm_up":true}""") }) worker.Plane.Hand(id, input);
        await Deadline.UntilAsync(() => worker.Plane.Of("job-done").Count == 4);
        Assert.Equal(3, metrics.Text().Split('\n').Count(static line => line.StartsWith("rouse_worker_jobs_total", StringComparison.Ordinal) && line.EndsWith(" 1", StringComparison.Ordinal)));
    }

    private JobMetrics Create() => new(new WorkerLog(_output, _time, SecretMask.Shapes), _time);
}
