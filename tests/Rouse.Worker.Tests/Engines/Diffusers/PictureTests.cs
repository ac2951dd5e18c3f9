using Rouse.Worker.Engines;
using Rouse.Worker.Tests.Support;

namespace Rouse.Worker.Tests.Engines.Diffusers;

public sealed class PictureTests
{
    private const string Small = """{"prompt":"hills","width":64,"height":72,"num_inference_steps":3,"seed":7}""";

    [PythonFact]
    public async Task APicture_IsOfItsPromptSeedAndWeights()
    {
        await using var fixture = await new DiffusersFixture().LoadAsync();
        await using var other = new DiffusersFixture();
        TinyRepository.Pipeline(other.Folder, salt: 9);
        await other.LoadAsync();

        var picture = await fixture.PictureAsync(Small);
        Assert.Equal((64, 72), Size(picture));
        Assert.Equal(picture.Pixels, (await fixture.PictureAsync(Small)).Pixels);
        Assert.NotEqual(picture.Pixels, (await fixture.PictureAsync(Small.Replace("\"seed\":7", "\"seed\":8", StringComparison.Ordinal))).Pixels);
        Assert.NotEqual(picture.Pixels, (await other.PictureAsync(Small)).Pixels);
    }

    [PythonFact]
    public async Task AnOutput_TellsWhatItWasMadeWith_AlsoWhatWasLeftToThePipeline()
    {
        await using var fixture = new DiffusersFixture();
        TinyRepository.Pipeline(fixture.Folder, checks: true);
        await fixture.LoadAsync();
        var steps = new List<EngineProgress>();
        var output = await fixture.OutputAsync("""{"prompt":"flagged hills","width":64,"height":64,"num_inference_steps":2,"num_images":2}""", steps.Add);

        Assert.Equal("org/tiny", output.GetProperty("model_id").GetString());
        Assert.Equal(7.5, output.GetProperty("guidance_scale").GetDouble());
        Assert.Equal(2, output.GetProperty("num_inference_steps").GetInt32());
        Assert.Equal([true, true], output.GetProperty("nsfw_content_detected").EnumerateArray().Select(flag => flag.GetBoolean()));
        var seed = output.GetProperty("seed").GetInt64();
        Assert.Equal([seed, seed + 1], output.GetProperty("images").EnumerateArray().Select(image => image.GetProperty("seed").GetInt64()));
        Assert.Equal([1, 2, 3, 4], steps.Select(step => step.Step));
        Assert.All(steps, step => Assert.Equal(4, step.Steps));
    }

    [PythonFact]
    public async Task ADistilledModel_RunsFewStepsWithoutGuidance_UnlessAskedForMore()
    {
        await using var fixture = new DiffusersFixture();
        TinyRepository.Pipeline(fixture.Folder);
        TinyRepository.Write(
            Path.Combine(fixture.Folder, "scheduler/scheduler_config.json"), """{"_class_name":"EulerDiscreteScheduler","timestep_spacing":"trailing","prediction_type":"epsilon"}""");
        await fixture.LoadAsync();

        var output = await fixture.OutputAsync("""{"prompt":"hills","width":64,"height":64}""");
        Assert.Equal((4, 0.0), (output.GetProperty("num_inference_steps").GetInt32(), output.GetProperty("guidance_scale").GetDouble()));
    }

    [PythonFact]
    public async Task WhatLibrariesPrint_IsLog_AndNeverBreaksAnAnswer()
    {
        await using var fixture = await new DiffusersFixture().LoadAsync();
        await fixture.PictureAsync(Small.Replace("hills", "noisy hills", StringComparison.Ordinal));

        // Its words come by a way of their own, so some after the answer.
        await Deadline.UntilAsync(() => fixture.Log.ToString().Contains("[runner] a library prints while it loads", StringComparison.Ordinal));
        await Deadline.UntilAsync(() => fixture.Log.ToString().Contains("raw words of a C library", StringComparison.Ordinal));
    }

    [PythonFact]
    public async Task AnArgumentThePipelineDoesNotTake_IsRefused_AndNotPassedOver()
    {
        await using var fixture = new DiffusersFixture();
        TinyRepository.Pipeline(fixture.Folder, "FluxPipeline", type: "BF16");
        await fixture.LoadAsync();

        Assert.Contains("'negative_prompt' is not a member of this input", await fixture.RefusalAsync("""{"prompt":"hills","negative_prompt":"rain"}"""), StringComparison.Ordinal);
        Assert.Contains("torch.bfloat16", Assert.Single(fixture.Python.Calls("from_pretrained")).GetRawText(), StringComparison.Ordinal);
    }

    private static (int Width, int Height) Size(Images.PngReader picture) => (picture.Width, picture.Height);
}
