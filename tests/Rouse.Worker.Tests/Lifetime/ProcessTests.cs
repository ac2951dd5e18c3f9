using Rouse.Onnx.Samples.TinyDiffusion;
using Rouse.Worker.Tests.Support;

namespace Rouse.Worker.Tests.Lifetime;

/// <summary>The worker as it is started for real: a process, an environment, signals, exit codes.</summary>
public sealed class ProcessTests
{
    private static readonly Dictionary<string, string> Nothing = [];

    [Fact]
    public async Task Worker_WithoutAModel_RefusesToStart_RatherThanServeAnother()
    {
        using var worker = new WorkerProcess(Nothing);

        Assert.Equal(2, await worker.EndAsync());
        Assert.Contains("Set HF_MODEL_ID", worker.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ROUSE_ATTEMPT", "minus one", "ROUSE_ATTEMPT must be a whole number")]
    [InlineData("ROUSE_CALLBACK_SECRET", "", "needs ROUSE_DEPLOYMENT_ID, ROUSE_ATTEMPT and ROUSE_CALLBACK_SECRET too")]
    [InlineData("ROUSE_CALLBACK_SECRET", "secret", "ROUSE_CALLBACK_SECRET is not of the form whsec_")]
    [InlineData("RUNPOD_WEBHOOK_GET_JOB", "", "RUNPOD_WEBHOOK_GET_JOB must be an http or https URL template")]
    [InlineData("HF_ENDPOINT", "ftp://hub", "HF_ENDPOINT must be an http or https URL")]
    public async Task Worker_WithAWrongVariable_NamesIt(string name, string value, string words)
    {
        var environment = WorkerFixture.Variables("http://127.0.0.1:9");
        environment[name] = value;
        using var worker = new WorkerProcess(environment);

        Assert.Equal(2, await worker.EndAsync());
        Assert.Contains(words, worker.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Worker_OfAFolderThatIsNoModel_ReportsFailed_AndExitsThree()
    {
        await using var plane = await FakeJobPlane.StartAsync();
        using var worker = new WorkerProcess(WorkerFixture.Variables(plane.Url));

        Assert.Equal(3, await worker.EndAsync());

        var failed = await plane.FirstAsync("reports", seen => seen.Body.Contains("\"phase\":\"failed\"", StringComparison.Ordinal));
        Assert.Contains("\"failure_code\":\"model_unusable\"", failed.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Worker_OnSigterm_BringsItsResultHome_AndExitsWithoutWaitingForItsPolls()
    {
        var folder = Directory.CreateTempSubdirectory("rouse-worker-").FullName;
        TinyDiffusionModel.Write(folder, seed: 3);
        await using var plane = await FakeJobPlane.StartAsync();
        // The result is refused for a while, so that the job is still on its way when the signal comes.
        for (var i = 0; i < 3; i++) plane.DoneStatuses.Enqueue(503);
        plane.Hand("last", """{"prompt":"hills","num_inference_steps":1,"width":64,"height":64,"seed":1}""");
        var environment = WorkerFixture.Variables(plane.Url);
        environment["ROUSE_MODEL_PATH"] = folder;
        using var worker = new WorkerProcess(environment);

        await plane.FirstAsync("job-done");
        worker.Terminate();

        Assert.Equal(0, await worker.EndAsync());
        var done = plane.Of("job-done")[^1];
        Assert.Contains("image_base64", done.Body, StringComparison.Ordinal);
        Assert.Empty(plane.DoneStatuses);
        Assert.Single(plane.Of("job-take"));
        Assert.Contains(plane.Of("reports"), seen => seen.Body.Contains("\"phase\":\"ready\"", StringComparison.Ordinal));
        Directory.Delete(folder, recursive: true);
    }
}
