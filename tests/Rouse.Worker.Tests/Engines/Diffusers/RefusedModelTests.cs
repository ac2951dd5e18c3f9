using Rouse.Worker.Engines.Diffusers;

namespace Rouse.Worker.Tests.Engines.Diffusers;

/// <summary>What cannot serve says so at its load: never another model, never another task.</summary>
public sealed class RefusedModelTests
{
    [PythonFact]
    public async Task APipelineWithoutTheTask_IsRefused()
    {
        await using var fixture = new DiffusersFixture(task: DiffusersTask.ImageToImage);
        TinyRepository.Pipeline(fixture.Folder, "WanPipeline");

        var fault = await fixture.LoadFaultAsync();
        Assert.Equal("model_unusable", fault.Code);
        Assert.Equal("WanPipeline has no pipeline for the task image2img in diffusers 0.35.1+standin.", fault.Message);
        Assert.Empty(fixture.Python.Calls("from_pretrained"));
    }

    [PythonFact]
    public async Task APictureModel_IsNotTakenForFilms_NorAFilmModelThatNeedsAPicture()
    {
        await using var pictures = new DiffusersFixture(task: DiffusersTask.TextToVideo);
        Assert.Equal("StableDiffusionPipeline makes no films from text alone.", (await pictures.LoadFaultAsync()).Message);

        await using var films = new DiffusersFixture(task: DiffusersTask.TextToVideo);
        TinyRepository.Pipeline(films.Folder, "WanImageToVideoPipeline");
        Assert.Equal("WanImageToVideoPipeline makes no films from text alone: it needs image.", (await films.LoadFaultAsync()).Message);
    }

    [PythonFact]
    public async Task APipelineThatThisDiffusersDoesNotHave_IsNamed()
    {
        await using var fixture = new DiffusersFixture();
        TinyRepository.Pipeline(fixture.Folder, "TomorrowsPipeline");
        Assert.Equal("diffusers 0.35.1+standin has no TomorrowsPipeline, which its model_index.json names.", (await fixture.LoadFaultAsync()).Message);
    }

    [PythonFact]
    public async Task ASpeechModelThatNeedsAnotherRepository_IsRefused()
    {
        await using var fixture = new DiffusersFixture(task: DiffusersTask.TextToSpeech);
        TinyRepository.Speech(fixture.Folder, """{"model_type":"speecht5"}""");
        Assert.Contains("needs a vocoder from another repository", (await fixture.LoadFaultAsync()).Message, StringComparison.Ordinal);
    }

    [PythonFact]
    public async Task WhereALibraryIsMissing_ItIsNamed_WithWhatToDo()
    {
        await using var fixture = new DiffusersFixture(modules: "torch");
        var fault = await fixture.LoadFaultAsync();

        Assert.Equal("engine_failed", fault.Code);
        Assert.Contains("diffusers is not installed; transformers is not installed. Install it (python3 -m pip install", fault.Message, StringComparison.Ordinal);
        Assert.Contains("deploy/worker-diffusers.Dockerfile", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhereThereIsNoPython_ThatIsSaid()
    {
        await using var fixture = new DiffusersFixture(python: "/nowhere/python3");
        var fault = await fixture.LoadFaultAsync();
        Assert.Contains("/nowhere/python3, which is to start runner, does not exist", fault.Message, StringComparison.Ordinal);
        Assert.Contains("install it, name it in ROUSE_DIFFUSERS_PYTHON, or use the image", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WeightsThatAreCutShort_AreNotLoaded()
    {
        await using var fixture = new DiffusersFixture();
        TinyRepository.Pipeline(fixture.Folder);
        TinyRepository.WriteWeights(Path.Combine(fixture.Folder, "unet/diffusion_pytorch_model.safetensors"), "F32", 64, 1, claimed: 2);
        Assert.Contains("it is cut short", (await fixture.LoadFaultAsync()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CodeOfARepository_IsNeverRun()
    {
        await using var fixture = new DiffusersFixture();
        TinyRepository.Pipeline(fixture.Folder);
        TinyRepository.Write(Path.Combine(fixture.Folder, "unet/diffusers.py"), "raise SystemExit");
        Assert.Contains("made by code of the repository (diffusers.py). Such code is never run", (await fixture.LoadFaultAsync()).Message, StringComparison.Ordinal);
    }
}
