using Rouse.TestKit.Files;
using Rouse.Worker.Egress;
using Rouse.Worker.Engines;
using Rouse.Worker.Engines.Diffusers;
using Rouse.Worker.Engines.Diffusers.Sounds;
using Rouse.Worker.Engines.Images;
using Rouse.Worker.Engines.Inputs;

namespace Rouse.Worker.Tests.Engines.Diffusers;

public sealed class ImageToImageAndFilmTests
{
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

        Assert.Contains("'image' must be a PNG, JPEG or WebP picture in base64, or its https URL; it was absent", await fixture.RefusalAsync("""{"prompt":"hills"}"""), StringComparison.Ordinal);
        Assert.Contains("'image' must be a PNG, JPEG or WebP picture; it holds something else", await fixture.RefusalAsync("""{"prompt":"hills","image":"bm8gcGljdHVyZQ=="}"""), StringComparison.Ordinal);
        var large = Convert.ToBase64String(PngWriter.Write(new byte[2048 * 1160 * 3], 2048, 1160));
        Assert.Contains("at most 2359296 pixels are made. Give 'width' and 'height'", await fixture.RefusalAsync($$"""{"prompt":"hills","image":"{{large}}"}"""), StringComparison.Ordinal);
        await fixture.Engine.WarmUpAsync(CancellationToken.None);
    }

    [PythonFact]
    public async Task APictureAndARecording_MayBeNamedByTheirUrl_WhichNobodyIsShownAgain()
    {
        await using var host = await FakeFileHost.StartAsync();
        var urls = new InputUrls(AreFetched: true, HostRules.Parse("127.0.0.1", out _)!);
        await using var pictures = await new DiffusersFixture(task: DiffusersTask.ImageToImage, urls: urls).LoadAsync();
        var picture = host.Add("/picture", new HostedFile(PngWriter.Write(Enumerable.Repeat((byte)90, 64 * 64 * 3).ToArray(), 64, 64)));
        await pictures.PictureAsync($$"""{"prompt":"hills","image_url":"{{picture}}?sig=permission"}""");
        Assert.Equal([90, 90, 90], Assert.Single(pictures.Python.Calls("call")).GetProperty("first").EnumerateArray().Select(part => part.GetInt32()));

        var gone = Assert.IsType<EngineResult.Refused>(await pictures.RunAsync($$"""{"prompt":"hills","image_url":"{{host.Endpoint}}/gone?sig=permission"}"""));
        Assert.Equal(("input_unavailable", "'image_url' could not be fetched: its server answered HTTP 404."), (gone.Code, gone.Message));
        Assert.DoesNotContain("permission", pictures.Log.ToString(), StringComparison.Ordinal);

        await using var speech = new DiffusersFixture(task: DiffusersTask.SpeechToText, urls: urls);
        TinyRepository.Speech(speech.Folder);
        await speech.LoadAsync();
        var sound = host.Add("/sound", new HostedFile(WavWriter.Write(new byte[8_000 * sizeof(float)], 16_000)));
        var heard = Assert.IsType<EngineResult.Completed>(await speech.RunAsync($$"""{"audio_url":"{{sound}}"}"""));
        Assert.Contains("0.5 s of sound", System.Text.Encoding.UTF8.GetString(heard.Output.Span), StringComparison.Ordinal);
    }

    [PythonFact]
    public async Task ADecoderThatTilesSpoil_DecodesAsAWhole()
    {
        await using var fixture = new DiffusersFixture(task: DiffusersTask.TextToVideo);
        TinyRepository.Pipeline(fixture.Folder, "WanPipeline");
        TinyRepository.Write(Path.Combine(fixture.Folder, "vae/config.json"), """{"patch_size":2}""");
        await fixture.LoadAsync();
        Assert.Empty(fixture.Python.Calls("enable_tiling"));
    }

    [PythonFact]
    public async Task APipelineThatTakesNoStrength_WarmsUpAndRunsWithoutOne()
    {
        await using var fixture = new DiffusersFixture(task: DiffusersTask.ImageToImage);
        TinyRepository.Pipeline(fixture.Folder, "FluxKontextPipeline");
        await fixture.LoadAsync();
        await fixture.Engine.WarmUpAsync(CancellationToken.None);
        Assert.Equal(256, Assert.Single(fixture.Python.Calls("call")).GetProperty("width").GetInt32());
    }

    [PythonFact]
    public async Task WhatAPipelineDoesNotTake_IsTheCallersMistake_AndNoFaultOfTheMachine()
    {
        await using var fixture = new DiffusersFixture(task: DiffusersTask.TextToVideo);
        TinyRepository.Pipeline(fixture.Folder, "WanPipeline");
        await fixture.LoadAsync();
        Assert.Equal(
            "The model's pipeline does not take this: `height` and `width` have to be divisible by 16 but are 64 and 72.",
            await fixture.RefusalAsync("""{"prompt":"waves","width":72,"height":64}"""));
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
        Assert.Single(fixture.Python.Calls("enable_tiling"));
        Assert.Equal(12, Assert.Single(fixture.Python.Calls("export_to_video")).GetProperty("fps").GetInt32());
    }
}
