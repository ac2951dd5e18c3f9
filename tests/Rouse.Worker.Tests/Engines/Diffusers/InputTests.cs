using System.Text.Json;
using Rouse.Worker.Engines.Diffusers;
using Rouse.Worker.Engines.Diffusers.Inputs;
using Rouse.Worker.Engines.Diffusers.Runners;
using Rouse.Worker.Engines.Diffusers.Sounds;

namespace Rouse.Worker.Tests.Engines.Diffusers;

public sealed class InputTests
{
    private static readonly LoadedModel s_model = new(
        "StableDiffusionPipeline", new HashSet<string>(StringComparer.Ordinal) { "prompt", "negative_prompt", "num_inference_steps", "guidance_scale", "width", "height", "num_frames" },
        new Dictionary<string, double>(StringComparer.Ordinal), SamplingRate: 16_000, Speakers: 1, TakesLanguage: false, DecodesSound: false);

    [Theory]
    [InlineData("[]", "The input must be an object with at least 'prompt'")]
    [InlineData("{}", "'prompt' must be text of 1 to 2000 characters; it was absent.")]
    [InlineData("""{"prompt":"x","num_inference_steps":151}""", "'num_inference_steps' must be a whole number from 1 to 150")]
    [InlineData("""{"prompt":"x","guidance_scale":31}""", "'guidance_scale' must be a number from 0 to 30")]
    [InlineData("""{"prompt":"x","width":100}""", "'width' must be a multiple of 8")]
    [InlineData("""{"prompt":"x","width":2048,"height":2048}""", "width × height is at most")]
    [InlineData("""{"prompt":"x","num_images":5}""", "'num_images' must be a whole number from 1 to 4")]
    [InlineData("""{"prompt":"x","seed":-1}""", "'seed' must be a whole number from 0")]
    [InlineData("""{"prompt":"x","strength":0.5}""", "'strength' is not a member of this input. It may have: prompt,")]
    [InlineData("""{"prompt":"x","image_url":"http://169.254.169.254/"}""", "'image_url' is not a member of this input.")]
    public void AWrongInput_IsToldByItsMember(string input, string words)
    {
        Assert.Null(Read(input, DiffusersTask.TextToImage, out var fault));
        Assert.Contains(words, fault, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatIsLeftOpen_IsLeftToThePipeline()
    {
        var order = Read("""{"prompt":"x"}""", DiffusersTask.TextToImage, out _)!;
        Assert.Equal(["prompt"], order.Arguments.Keys);
        Assert.Equal((41L, 1), (order.Seed, order.Images));
    }

    [Theory]
    [InlineData("!!!!")]
    [InlineData("data:image/png,raw")]
    public void APictureThatIsNotBase64_IsRefused_WithoutShowingAllOfIt(string image)
    {
        Assert.Null(Read($$"""{"prompt":"x","image":"{{image}}"}""", DiffusersTask.ImageToImage, out var fault));
        Assert.Contains("'image' must be a PNG, JPEG or WebP picture of at most 25165824 bytes in base64, or its https URL; it was", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void AFilm_HasFramesAndAPace()
    {
        var order = Read("""{"prompt":"x","num_frames":17,"fps":24}""", DiffusersTask.TextToVideo, out _)!;
        Assert.Equal((17L, 24), ((long)order.Arguments["num_frames"], order.FramesPerSecond));
        Assert.Null(Read("""{"prompt":"x","num_frames":500}""", DiffusersTask.TextToVideo, out var fault));
        Assert.Contains("'num_frames' must be a whole number from 1 to 241", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void ARecordingThatNobodyHereCanDecode_IsRefused_AndNotGuessedAt()
    {
        var wave = WavWriter.Write(new byte[4_000], 44_100);
        var order = SpeechInput.ReadSound(JsonElement.Parse($$"""{"audio_base64":"{{Convert.ToBase64String(wave)}}"}"""), s_model, out _)!;
        Assert.Null(SpeechInput.Place(order, wave, s_model, out var fault));
        Assert.Contains("'audio_base64' must be a WAV file of 16-bit samples at 16000 Hz, because the worker's machine has no ffmpeg", fault, StringComparison.Ordinal);
        var decoded = SpeechInput.Place(order, wave, s_model with { DecodesSound = true }, out _)!;
        Assert.Equal((false, wave.Length), (decoded.IsRaw, decoded.Payload.Length));
    }

    [Fact]
    public void SoundWrittenAndReadAgain_IsTheSame_AndTwoChannelsBecomeOne()
    {
        var samples = new float[] { 0, 0.5f, -0.5f, 2f };
        var file = WavWriter.Write(System.Runtime.InteropServices.MemoryMarshal.AsBytes(samples.AsSpan()), 24_000);
        Assert.Equal([0f, 0.5f, -0.5f, 1f], Floats(WavFile.Read(file)!.Samples).Select(static value => MathF.Round(value, 3)));

        file[22] = 2;
        Assert.Equal([0.25f, 0.25f], Floats(WavFile.Read(file)!.Samples).Select(static value => MathF.Round(value, 3)));
        Assert.Null(WavFile.Read("RIFF....WAVEjunk"u8));
        Assert.Null(WavFile.Read(file.AsSpan(0, 40)));
    }

    private static float[] Floats(ReadOnlyMemory<byte> bytes) => System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(bytes.Span).ToArray();

    private static RunOrder? Read(string input, DiffusersTask task, out string? fault) =>
        PictureInput.Read(JsonElement.Parse(input), task, s_model, isDistilled: false, static _ => 41, out fault);
}
