using Rouse.Worker.Tests.Support;

namespace Rouse.Worker.Tests.Engines.Diffusers;

/// <summary>The engine inside a worker that is a process of its own.</summary>
public sealed class WorkerTests
{
    [PythonFact]
    public async Task AWorker_ServesAJob_AndLeavesNoRunnerWhenItIsKilled_AndShowsItNothingOfItsOwn()
    {
        using var python = new StandInPython();
        var folder = TinyRepository.Pipeline(Directory.CreateTempSubdirectory("rouse-tiny-").FullName);
        await using var plane = await FakeJobPlane.StartAsync();
        plane.Hand("first", """{"prompt":"hills","num_inference_steps":2,"width":64,"height":64,"seed":1}""");
        var environment = WorkerFixture.Variables(plane.Url);
        environment["ROUSE_ENGINE"] = "diffusers";
        environment["ROUSE_TASK"] = "text_to_image";
        environment["ROUSE_DIFFUSERS_PYTHON"] = python.Command;
        environment["ROUSE_MODEL_PATH"] = folder;
        environment["HF_TOKEN"] = "hf_aaaaaaaaaaaaaaaa";
        environment["AWS_SECRET_ACCESS_KEY"] = "bbbbbbbbbbbbbbbb";
        using var worker = new WorkerProcess(environment);

        var done = await plane.FirstAsync("job-done", seen => !seen.Body.Contains("IN_PROGRESS", StringComparison.Ordinal));
        Assert.Contains("image_base64", done.Body, StringComparison.Ordinal);
        Assert.DoesNotContain(python.Variables, static name =>
            name.StartsWith("ROUSE_", StringComparison.Ordinal) || name.StartsWith("RUNPOD_", StringComparison.Ordinal) || name is "HF_TOKEN" or "AWS_SECRET_ACCESS_KEY");
        Assert.Contains("HF_HUB_OFFLINE", python.Variables);
        Assert.Contains("TRANSFORMERS_OFFLINE", python.Variables);

        var runner = Assert.Single(python.Started);
        Assert.True(Directory.Exists($"/proc/{runner}"));
        Assert.False(Directory.Exists(python.StartFolder), "The runner's source is still there.");
        await worker.KillAsync();
        await Deadline.UntilAsync(() => !Directory.Exists($"/proc/{runner}"));
        Directory.Delete(folder, recursive: true);
    }
}
