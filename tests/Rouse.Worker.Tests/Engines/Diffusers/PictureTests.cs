using System.Text.Json;
using Rouse.Worker.Engines;
using Rouse.Worker.Engines.Diffusers;
using Rouse.Worker.Engines.Images;

namespace Rouse.Worker.Tests.Engines.Diffusers;

public sealed class PictureTests
{
    private const string Small = """{"prompt":"hills","width":64,"height":72,"num_inference_steps":3,"seed":7}""";

    [PythonFact]
    public async Task Load_OnAGpu_AsksForExactlyTheFolderAndTheHalfVariant_AndForNothingFromElsewhere()
    {
        await using var fixture = new DiffusersFixture();
        TinyRepository.Pipeline(fixture.Folder, variants: ["", "fp16"]);
        await fixture.LoadAsync();

        var call = Assert.Single(fixture.Python.Calls("from_pretrained"));
        Assert.Equal("StableDiffusionPipeline", call.GetProperty("pipeline").GetString());
        Assert.Equal(fixture.Folder, call.GetProperty("folder").GetString());
        Assert.Equal(
            """{"torch_dtype": "torch.float16", "use_safetensors": true, "local_files_only": true, "variant": "fp16"}""", call.GetProperty("arguments").GetRawText());
        Assert.Equal("cuda", Assert.Single(fixture.Python.Calls("to")).GetProperty("device").GetString());
        Assert.Equal(3, fixture.Python.Calls("read").Count(read => read.GetProperty("file").GetString()!.Contains(".fp16.", StringComparison.Ordinal)));
    }

    [PythonFact]
    public async Task Load_WithoutAGpu_ComputesWithFloat32FromThePlainVariant_AndSaysWhy()
    {
        await using var fixture = new DiffusersFixture("{}");
        TinyRepository.Pipeline(fixture.Folder, variants: ["", "fp16"]);
        await fixture.LoadAsync();

        Assert.Equal(
            """{"torch_dtype": "torch.float32", "use_safetensors": true, "local_files_only": true}""",
            Assert.Single(fixture.Python.Calls("from_pretrained")).GetProperty("arguments").GetRawText());
        Assert.Contains("on the processor, because torch sees no GPU", fixture.Log.ToString(), StringComparison.Ordinal);
    }

    [PythonFact]
    public async Task Load_ForAGpuThatTorchHasNoCodeFor_UsesTheProcessor()
    {
        await using var fixture = new DiffusersFixture("""{"gpu":"Old","free":8000000000,"total":8000000000,"capability":[5,2],"built_for":["sm_70","sm_80","compute_90"]}""");
        await fixture.LoadAsync();

        Assert.Equal("cpu", Assert.Single(fixture.Python.Calls("to")).GetProperty("device").GetString());
        Assert.Contains("has no code for Old (capability 5.2", fixture.Log.ToString(), StringComparison.Ordinal);
    }

    [PythonFact]
    public async Task Load_WhereTheEstimateWasTooBold_KeepsLessOnTheGpu()
    {
        await using var fixture = new DiffusersFixture("""{"gpu":"Small","free":20000000000,"total":24000000000,"full_at":["to"]}""");
        await fixture.LoadAsync();

        Assert.Single(fixture.Python.Calls("enable_model_cpu_offload"));
        Assert.Equal(2, fixture.Python.Started.Count);
        Assert.Equal((64, 72), Size(await fixture.PictureAsync(Small)));
    }

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

        Assert.Contains("[runner] a library prints while it loads", fixture.Log.ToString(), StringComparison.Ordinal);
        Assert.Contains("raw words of a C library", fixture.Log.ToString(), StringComparison.Ordinal);
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

    [PythonFact]
    public async Task WarmUp_RunsOneSmallStep_AndTakesTheModelsOwnSizeWhereThatIsNotTaken()
    {
        await using var fixture = await new DiffusersFixture().LoadAsync();
        await fixture.Engine.WarmUpAsync(CancellationToken.None);

        var call = Assert.Single(fixture.Python.Calls("call"));
        Assert.Equal((256, 1), (call.GetProperty("width").GetInt32(), call.GetProperty("steps").GetInt32()));
    }

    [PythonFact]
    public async Task APictureOfAPicture_IsMadeByTheSiblingPipeline_FromTheOneThatWasSent()
    {
        await using var fixture = await new DiffusersFixture(task: DiffusersTask.ImageToImage).LoadAsync();
        var pixels = Enumerable.Repeat((byte[])[200, 100, 50], 70 * 64).SelectMany(static pixel => pixel).ToArray();
        var image = Convert.ToBase64String(PngWriter.Write(pixels, 70, 64));

        var output = await fixture.OutputAsync($$"""{"prompt":"hills","image":"data:image/png;base64,{{image}}","strength":0.5,"num_inference_steps":4}""");

        Assert.Equal((64, 64), (output.GetProperty("width").GetInt32(), output.GetProperty("height").GetInt32()));
        Assert.Equal(0.5, output.GetProperty("strength").GetDouble());
        var call = Assert.Single(fixture.Python.Calls("call"));
        Assert.Equal("StableDiffusionImg2ImgPipeline", call.GetProperty("pipeline").GetString());
        Assert.Equal([200, 100, 50], call.GetProperty("first").EnumerateArray().Select(part => part.GetInt32()));

        Assert.Contains("'image' must be a PNG, JPEG or WebP picture in base64; it was absent", await fixture.RefusalAsync("""{"prompt":"hills"}"""), StringComparison.Ordinal);
        Assert.Contains("cannot be read", await fixture.RefusalAsync("""{"prompt":"hills","image":"bm8gcGljdHVyZQ=="}"""), StringComparison.Ordinal);
        await fixture.Engine.WarmUpAsync(CancellationToken.None);
    }

    [PythonFact]
    public async Task AFilm_ComesAsMp4_WithItsFramesAndPace()
    {
        await using var fixture = new DiffusersFixture(task: DiffusersTask.TextToVideo);
        TinyRepository.Pipeline(fixture.Folder, "WanPipeline");
        await fixture.LoadAsync();

        var made = Assert.IsType<EngineResult.Made>(
            await fixture.RunAsync("""{"prompt":"waves","width":64,"height":64,"num_frames":5,"fps":12,"num_inference_steps":2}"""));
        var film = Assert.Single(made.Files);
        Assert.Equal("video/mp4", film.MediaType);
        Assert.Equal((byte[])[5, 12], film.Content.Span[12..14].ToArray());
        Assert.Equal(12, Assert.Single(fixture.Python.Calls("export_to_video")).GetProperty("fps").GetInt32());
    }

    [PythonFact]
    public async Task ASafetyChecker_IsThere_UnlessTheOperatorLeavesItOut()
    {
        await using var fixture = new DiffusersFixture(keepsSafetyChecker: false);
        TinyRepository.Pipeline(fixture.Folder, checks: true);
        await fixture.LoadAsync();

        var arguments = Assert.Single(fixture.Python.Calls("from_pretrained")).GetProperty("arguments");
        Assert.DoesNotContain(fixture.Python.Calls("read"), read => read.GetRawText().Contains("safety_checker", StringComparison.Ordinal));
        Assert.Equal(JsonValueKind.Null, arguments.GetProperty("safety_checker").ValueKind);
        Assert.False(arguments.GetProperty("requires_safety_checker").GetBoolean());
    }

    private static (int Width, int Height) Size(Images.PngReader picture) => (picture.Width, picture.Height);
}
