using System.Text.Json;
using Rouse.Contracts.Jobs;
using Rouse.Worker.Engines.Diffusers.Runners;
using Rouse.Worker.Engines.Diffusers.Sounds;
using Rouse.Worker.Engines.Inputs;

namespace Rouse.Worker.Engines.Diffusers.Inputs;

/// <summary>Reads the input of a job that speaks or listens.</summary>
internal static class SpeechInput
{
    private static readonly string[] s_sound = ["audio_base64", "audio"];
    private static readonly string[] s_works = ["transcribe", "translate"];

    /// <param name="fault">Why there is no answer.</param>
    public static RunOrder? ReadText(JsonElement input, LoadedModel model, Func<long, long> drawSeed, out string? fault)
    {
        var members = new InputMembers(input, model.Speakers > 1 ? ["text", "seed", "voice"] : ["text", "seed"], "text");
        if (!members.Has("text")) members.Refuse("text", $"text of 1 to {DiffusersBounds.MaxTextLength} characters");
        var arguments = new Dictionary<string, object>(StringComparer.Ordinal);
        if (members.Has("voice")) arguments["speaker_id"] = members.Whole("voice", 0, model.Speakers - 1, 0);
        var order = new RunOrder
        {
            Text = members.Text("text", 1, DiffusersBounds.MaxTextLength, ""),
            Arguments = arguments,
            Seed = members.Has("seed") ? members.Whole("seed", 0, TextToImageBounds.MaxSeed, 0) : drawSeed(TextToImageBounds.MaxSeed),
        };
        fault = members.Fault;
        return fault is null ? order : null;
    }

    /// <param name="fault">Why there is no answer.</param>
    public static RunOrder? ReadSound(JsonElement input, LoadedModel model, out string? fault)
    {
        var members = new InputMembers(input, model.TakesLanguage ? [.. s_sound, "language", "task"] : s_sound, s_sound[0]);
        var sound = Attachment.Read(members, s_sound, DiffusersBounds.MaxSoundBytes, "a recording");
        var arguments = new Dictionary<string, object>(StringComparer.Ordinal);
        if (members.Has("language")) arguments["language"] = members.Text("language", 2, 32, "");
        if (members.Has("task"))
        {
            var work = members.Text("task", 1, 32, "");
            if (!s_works.Contains(work, StringComparer.Ordinal)) members.Refuse("task", string.Join(" or ", s_works));
            arguments["task"] = work;
        }

        var wave = members.Fault is null ? WavFile.Read(sound.Span) : null;
        var isRaw = wave is not null && wave.Rate == model.SamplingRate;
        if (members.Fault is null && !isRaw && !model.DecodesSound)
            members.Refuse(members.Has(s_sound[0]) ? s_sound[0] : s_sound[1], $"a WAV file of 16-bit samples at {model.SamplingRate} Hz, because the worker's machine has no ffmpeg to decode others");
        fault = members.Fault;
        return fault is null ? new RunOrder { Arguments = arguments, Payload = isRaw ? wave!.Samples : sound, IsRaw = isRaw } : null;
    }
}
