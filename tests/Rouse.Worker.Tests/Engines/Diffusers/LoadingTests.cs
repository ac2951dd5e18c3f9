using System.Text.Json;
using Rouse.Worker.Tests.Support;

namespace Rouse.Worker.Tests.Engines.Diffusers;

public sealed class LoadingTests
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
    public async Task ALoadThatIsGivenUp_EndsAtOnce_AndLeavesNoProcess()
    {
        await using var fixture = new DiffusersFixture(StandInPython.Gpu.Replace("{", """{"hangs":true,""", StringComparison.Ordinal));
        using var stop = new CancellationTokenSource();
        TinyRepository.Pipeline(fixture.Folder);
        var load = fixture.Engine.LoadAsync(fixture.Folder, static _ => { }, stop.Token).AsTask();
        await Deadline.UntilAsync(() => fixture.Python.Calls("hang").Count == 1);
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => load.InTimeAsync());
        Assert.False(Directory.Exists($"/proc/{Assert.Single(fixture.Python.Started)}"));
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
