using System.Text;
using System.Text.Json;
using Rouse.Contracts;
using Rouse.Contracts.Webhooks;
using Rouse.Contracts.Workers;
using Rouse.Worker.Engines;
using Rouse.Worker.Lifetime;
using Rouse.Worker.Tests.Support;

namespace Rouse.Worker.Tests.Reports;

public sealed class ReporterTests
{
    [Fact]
    public async Task Reports_TellPhasesInOrder_NumberedFromOne_SignedWithTheAttemptsSecret()
    {
        await using var worker = await WorkerFixture.StartAsync(ScriptedEngine.Echo());
        await Deadline.UntilAsync(() => Reports(worker).Any(report => report.Phase == "ready"));
        await worker.StopAsync();

        var reports = Reports(worker);
        Assert.Equal(["loading_model", "warming", "ready"], reports.Select(report => report.Phase).OfType<string>());
        Assert.True(Assert.Single(reports, report => report.PhaseTimes is not null) is { Phase: "ready", PhaseTimes: { LoadingModel: >= 0, Warming: >= 0, DownloadingModel: null } });
        Assert.Equal(Enumerable.Range(1, reports.Count).Select(n => (long)n), reports.Select(report => report.Sequence));
        Assert.All(worker.Plane.Of("reports"), seen => Assert.True(IsSigned(seen) && seen.Authorization.Length == 0, seen.Body));
        Assert.Equal(reports.Count, worker.Plane.Of("reports").Select(seen => seen.Headers["webhook-id"]).Distinct().Count());
        Assert.Equal("/internal/v1/deployments/dep1/attempts/2/reports", worker.Plane.Of("reports")[0].Target);
    }

    [Fact]
    public async Task TheFirstTake_WaitsForThePhases_ButNotForLogLinesToGather()
    {
        // No wait of this clock ever ends: nothing on the way to the first take may be one.
        await using var worker = await WorkerFixture.StartAsync(ScriptedEngine.Echo(), new SteppedTime());
        await worker.Plane.FirstAsync("job-take");

        Assert.Contains(Reports(worker), report => report.Phase == "ready");
    }

    [Fact]
    public async Task Reports_WhenTheControlPlaneFailsForAWhile_AreSentAgainUnchanged()
    {
        await using var worker = await WorkerFixture.StartAsync(new ScriptedEngine((_, _, _) => Task.FromResult("1"))
        {
            Load = async (progress, ct) =>
            {
                progress(new EngineProgress(EngineProgress.Loading, 1, 2));
                await Task.Yield();
            },
        });
        worker.Plane.ReportStatuses.Enqueue(500);
        worker.Plane.ReportStatuses.Enqueue(503);
        await Deadline.UntilAsync(() => Reports(worker).Any(report => report.Phase == "ready"));
        await worker.StopAsync();

        var accepted = Reports(worker).GroupBy(report => report.Sequence).ToList();
        Assert.All(accepted, same => Assert.Single(same.Select(report => report.Phase).Distinct()));
        Assert.All(worker.Plane.Of("reports").GroupBy(seen => seen.Body), same => Assert.Single(same.Select(seen => seen.Headers["webhook-id"]).Distinct()));
        Assert.Equal(["loading_model", "warming", "ready"], accepted.Select(same => same.First().Phase).OfType<string>());
    }

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(409)]
    [InlineData(410)]
    public async Task Worker_WhoseAttemptWasGivenUp_EndsItselfCleanly(int status)
    {
        await using var worker = await WorkerFixture.StartAsync(ScriptedEngine.Echo(), environment: _ => { });
        for (var i = 0; i < 3; i++) worker.Plane.ReportStatuses.Enqueue(status);
        worker.Plane.Hand("j", "{}");

        Assert.Equal(ExitCode.Clean, await worker.Ended.InTimeAsync());
        Assert.Contains("given this attempt up", worker.Output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Worker_WhoseEngineCannotLoad_ReportsFailedWithTheCode_AndExitsThree()
    {
        var engine = ScriptedEngine.Echo();
        engine.Load = (_, _) => throw new EngineException("model_unusable", "There is no unet/model.onnx.");
        await using var worker = await WorkerFixture.StartAsync(engine);

        Assert.Equal(ExitCode.FatalStart, await worker.Ended.InTimeAsync());

        var failed = Assert.Single(Reports(worker), report => report.Phase == "failed");
        Assert.Equal("model_unusable", failed.FailureCode);
        Assert.Equal("There is no unet/model.onnx.", failed.FailureMessage);
        Assert.Empty(worker.Plane.Of("job-take"));
    }

    [Fact]
    public async Task Logs_GoThroughTheTunnelUnlessTheProviderCapturesThem_AndNeverShowASecret()
    {
        var engine = ScriptedEngine.Echo();
        engine.Load = (_, _) => throw new EngineException("engine_failed", $"the tokenizer saw {WorkerFixture.Key} here");
        await using var tunnelled = await WorkerFixture.StartAsync(engine);
        await using var captured = await WorkerFixture.StartAsync(engine, environment: set => set["ROUSE_LOG_TUNNEL"] = "0");
        await tunnelled.Ended.InTimeAsync();
        await captured.Ended.InTimeAsync();

        Assert.Contains(Reports(tunnelled).SelectMany(report => report.Logs ?? []), line => line.Message.Contains("the tokenizer saw *** here"));
        Assert.Empty(Reports(captured).SelectMany(report => report.Logs ?? []));
        Assert.Contains("ERROR engine_failed: the tokenizer saw *** here", captured.Output.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(WorkerFixture.Key, captured.Output.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(tunnelled.Plane.Of("reports"), seen => seen.Body.Contains(WorkerFixture.Key, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Reports_WhenThisMachinesClockIsAnHourOff_AreSignedByTheReceiversClock()
    {
        await using var worker = await WorkerFixture.StartAsync(ScriptedEngine.Echo(), new ShiftedTime(TimeSpan.FromHours(-1)));
        worker.Plane.ReportStatuses.Enqueue(401);
        await Deadline.UntilAsync(() => Reports(worker).Any(report => report.Phase == "ready"));
        await worker.StopAsync();

        var seen = worker.Plane.Of("reports");
        Assert.False(IsSigned(seen[0]));
        Assert.All(seen.Skip(1), one => Assert.True(IsSigned(one)));
        Assert.Equal(seen[0].Headers["webhook-id"], seen[1].Headers["webhook-id"]);
    }

    /// <summary>As the control plane looks at it: by this machine's clock.</summary>
    private static bool IsSigned(FakeJobPlane.Seen seen) => WebhookSignature.Verify(
        WorkerFixture.Secret, seen.Headers["webhook-id"], seen.Headers["webhook-timestamp"], seen.Headers["webhook-signature"],
        Encoding.UTF8.GetBytes(seen.Body), TimeProvider.System.GetUtcNow());

    private sealed class ShiftedTime(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + by;
    }

    private static List<WorkerReport> Reports(WorkerFixture worker) =>
        [.. worker.Plane.Of("reports").Select(seen => JsonSerializer.Deserialize(seen.Body, RouseJson.Default.WorkerReport)!)];
}
