using System.Text.Json;

namespace Rouse.Cli.Tests.RealWorker;

/// <summary>What callers are promised of the worker's own program, under Rouse's job plane and under Runpod's alike.</summary>
public abstract class RealWorkerTests(WorkerPlane plane)
{
    protected WorkerPlane Plane { get; } = plane;

    protected const string Short = """{"input":{"prompt":"hills","num_inference_steps":1,"width":64,"height":64,"seed":1}}""";

    /// <summary>A second or more.</summary>
    protected const string Long = """{"input":{"prompt":"hills","num_inference_steps":150,"width":512,"height":512,"seed":1}}""";

    /// <summary>Far more than five seconds.</summary>
    protected const string Endless =
        """{"input":{"prompt":"hills","num_inference_steps":150,"width":1536,"height":1536,"num_images":4,"seed":1},"policy":{"executionTimeout":5000}}""";

    [Fact]
    public async Task AJob_Asked_OrWaitedFor_IsPainted_AndAWrongOneFails()
    {
        Assert.True(Output(await Plane.EndAsync(await Plane.RunAsync(Short))).TryGetProperty("image_base64", out _));
        Assert.True(Output(await Plane.PostAsync("runsync", Short)).TryGetProperty("image_base64", out _));

        var wrong = await Plane.EndAsync(await Plane.RunAsync("""{"input":{"prompt":7}}"""));
        Assert.Equal("FAILED", wrong.GetProperty("status").GetString());
        Assert.StartsWith("invalid_input: ", wrong.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ACancelledJob_FreesItsWorker_ForTheNext()
    {
        var job = await Plane.RunAsync(Endless);
        await Plane.RunsAsync(job);
        var workers = Plane.Workers();
        Assert.Equal("CANCELLED", (await Plane.PostAsync($"cancel/{job}", "{}")).GetProperty("status").GetString());

        Output(await Plane.EndAsync(await Plane.RunAsync(Short)));
        Assert.Equal(workers, Plane.Workers());
        Assert.Equal("CANCELLED", (await Plane.EndAsync(job)).GetProperty("status").GetString());
    }

    [Fact]
    public async Task AWorkerToldToStop_BringsItsJobHome_AndAnotherServesTheNext()
    {
        var job = await Plane.RunAsync(Long);
        await Plane.RunsAsync(job);
        await Plane.SignalAsync("TERM");

        var ended = await Plane.EndAsync(job);
        Output(ended);
        Assert.True(!ended.TryGetProperty("retries", out var retries) || retries.GetInt32() == 0, ended.ToString());
        Output(await Plane.EndAsync(await Plane.RunAsync(Short)));
    }

    protected static JsonElement Output(JsonElement job)
    {
        Assert.True(job.GetProperty("status").GetString() == "COMPLETED", job.ToString());
        return job.GetProperty("output");
    }
}

public sealed class RealWorkerOnRouseTests(RousePlane plane) : RealWorkerTests(plane), IClassFixture<RousePlane>;

/// <summary>
/// With what needs a server of some age or takes long on Rouse's: that ends jobs past their time once it has been up for a lease (JobLifeTests), and its killed
/// workers are KillTests' business.
/// </summary>
public sealed class RealWorkerOnRunpodTests(RunpodPlane plane) : RealWorkerTests(plane), IClassFixture<RunpodPlane>
{
    [Fact]
    public async Task AJobPastItsTime_IsEnded_AndItsWorkerServesTheNext()
    {
        var job = await Plane.RunAsync(Endless);
        Assert.Equal("TIMED_OUT", (await Plane.EndAsync(job)).GetProperty("status").GetString());
        Output(await Plane.EndAsync(await Plane.RunAsync(Short)));
        Assert.Equal("TIMED_OUT", (await Plane.EndAsync(job)).GetProperty("status").GetString());
    }

    [Fact]
    public async Task AKilledWorker_LosesNoJob()
    {
        var job = await Plane.RunAsync(Long);
        await Plane.RunsAsync(job);
        await Plane.SignalAsync("KILL");

        var ended = await Plane.EndAsync(job);
        Output(ended);
        Assert.True(!ended.TryGetProperty("retries", out var retries) || retries.GetInt32() == 1, ended.ToString());
    }
}
