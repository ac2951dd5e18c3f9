using System.Text.Json;
using Rouse.Worker.Engines;
using Rouse.Worker.Engines.Diffusers;
using Rouse.Worker.Engines.Diffusers.Sounds;

namespace Rouse.Worker.Tests.Engines.Diffusers;

public sealed class SpeechTests
{
    [PythonFact]
    public async Task Hearing_GivesTheTextWithItsTimes_FromARecordingAtTheModelsOwnRate()
    {
        await using var fixture = new DiffusersFixture(task: DiffusersTask.SpeechToText);
        TinyRepository.Speech(fixture.Folder);
        await fixture.LoadAsync();
        var wave = Convert.ToBase64String(WavWriter.Write(new byte[8_000 * sizeof(float)], 16_000));

        var done = Assert.IsType<EngineResult.Completed>(await fixture.RunAsync($$"""{"audio_base64":"{{wave}}","language":"turkish","task":"translate"}"""));

        var output = JsonElement.Parse(done.Output.Span);
        Assert.StartsWith(" 0.5 s of sound", output.GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.Equal(0.5, Assert.Single(output.GetProperty("segments").EnumerateArray()).GetProperty("end").GetDouble());
        Assert.Equal(
            """{"return_timestamps": true, "generate_kwargs": {"language": "turkish", "task": "translate"}}""",
            Assert.Single(fixture.Python.Calls("call")).GetProperty("arguments").GetRawText());
        var load = Assert.Single(fixture.Python.Calls("pipeline"));
        Assert.Equal("automatic-speech-recognition", load.GetProperty("task").GetString());
        Assert.Equal(fixture.Folder, load.GetProperty("folder").GetString());
        Assert.Equal("torch.float16", load.GetProperty("dtype").GetString());
        Assert.False(load.GetProperty("trust_remote_code").GetBoolean());
        Assert.Equal("""{"use_safetensors": true, "local_files_only": true}""", load.GetProperty("model_kwargs").GetRawText());
        await fixture.Engine.WarmUpAsync(CancellationToken.None);
    }

    [PythonFact]
    public async Task ARecordingOfAnotherKind_IsDecodedFromOneFile_AndNothingElseIsOpened()
    {
        await using var fixture = new DiffusersFixture(task: DiffusersTask.SpeechToText);
        fixture.Python.WithFfmpeg();
        TinyRepository.Speech(fixture.Folder);
        await fixture.LoadAsync();

        await fixture.RunAsync($$"""{"audio":"{{Sound("good")}}"}""");
        Assert.Equal(1, Assert.Single(fixture.Python.Calls("call")).GetProperty("seconds").GetDouble());
        Assert.Contains("-protocol_whitelist file -i file:", Assert.Single(fixture.Python.FfmpegCalls), StringComparison.Ordinal);
        Assert.Equal("'audio' holds no sound that ffmpeg can read.", await fixture.RefusalAsync($$"""{"audio":"{{Sound("broken")}}"}"""));

        static string Sound(string words) => Convert.ToBase64String([.. "ID3"u8, .. System.Text.Encoding.ASCII.GetBytes(words)]);
    }

    [PythonFact]
    public async Task ALanguage_IsTheCallersChoice_WhereTheModelHasSeveral()
    {
        var wave = Convert.ToBase64String(WavWriter.Write(new byte[8_000 * sizeof(float)], 16_000));
        await using var fixture = new DiffusersFixture(task: DiffusersTask.SpeechToText);
        TinyRepository.Speech(fixture.Folder);
        await fixture.LoadAsync();
        Assert.StartsWith("'language' is none that the model knows: Unsupported language: elvish.", await fixture.RefusalAsync($$"""{"audio":"{{wave}}","language":"elvish"}"""), StringComparison.Ordinal);

        await using var english = new DiffusersFixture(task: DiffusersTask.SpeechToText);
        var folder = TinyRepository.Speech(Path.Combine(english.Folder, "english"));
        await english.Engine.LoadAsync(folder, static _ => { }, CancellationToken.None);
        Assert.Contains("'language' is not a member of this input", await english.RefusalAsync($$"""{"audio":"{{wave}}","language":"turkish"}"""), StringComparison.Ordinal);
    }

    [PythonFact]
    public async Task SpeechThatIsNoNumbers_IsNoSilence()
    {
        await using var fixture = new DiffusersFixture(task: DiffusersTask.TextToSpeech);
        TinyRepository.Speech(fixture.Folder, """{"model_type":"vits","architectures":["VitsModel"]}""");
        await fixture.LoadAsync();
        Assert.Contains("The model's numbers overflowed", (await fixture.FaultAsync("""{"text":"overflow"}""")).Message, StringComparison.Ordinal);
    }

    [PythonFact]
    public async Task Speaking_GivesAWavFile_InTheVoiceThatWasAskedFor()
    {
        await using var fixture = new DiffusersFixture(task: DiffusersTask.TextToSpeech);
        TinyRepository.Speech(fixture.Folder, """{"model_type":"vits","architectures":["VitsModel"],"num_speakers":4}""");
        await fixture.LoadAsync();

        var made = Assert.IsType<EngineResult.Made>(await fixture.RunAsync("""{"text":"hi","voice":3,"seed":5}"""));

        var file = Assert.Single(made.Files);
        Assert.Equal(("audio/wav", 5L), (file.MediaType, file.Seed!.Value));
        var wave = WavFile.Read(file.Content.Span)!;
        Assert.Equal((16_000, 400 * sizeof(float)), (wave.Rate, wave.Samples.Length));
        Assert.Equal("""{"forward_params": {"speaker_id": 3}}""", Assert.Single(fixture.Python.Calls("call")).GetProperty("arguments").GetRawText());
        Assert.Contains("'voice' must be a whole number from 0 to 3", await fixture.RefusalAsync("""{"text":"hi","voice":4}"""), StringComparison.Ordinal);
    }
}
