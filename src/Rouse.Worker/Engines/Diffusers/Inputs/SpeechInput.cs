using System.Text.Json;
using Rouse.Contracts.Jobs;
using Rouse.Worker.Engines.Diffusers.Runners;
using Rouse.Worker.Engines.Diffusers.Sounds;
using Rouse.Worker.Engines.Inputs;

namespace Rouse.Worker.Engines.Diffusers.Inputs;

/// <summary>Reads the input of a job that speaks or listens.</summary>
internal static class SpeechInput
{
    private static readonly string[] s_sound = ["audio_base64", "audio", "audio_url"];
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
        var sound = Attachment.Read(members, s_sound, FileKind.Sound);
        var arguments = new Dictionary<string, object>(StringComparer.Ordinal);
        if (members.Has("language")) arguments["language"] = members.Text("language", 2, 32, "");
        if (members.Has("task"))
        {
            var work = members.Text("task", 1, 32, "");
            if (!s_works.Contains(work, StringComparer.Ordinal)) members.Refuse("task", string.Join(" or ", s_works));
            arguments["task"] = work;
        }

        fault = members.Fault;
        return fault is null ? new RunOrder { Arguments = arguments, Attached = sound } : null;
    }

    /// <summary>As the model hears it, where that takes no decoder; else the file.</summary>
    /// <param name="fault">Why there is no answer.</param>
    public static RunOrder? Place(RunOrder order, ReadOnlyMemory<byte> sound, LoadedModel model, out string? fault)
    {
        var wave = WavFile.Read(sound.Span);
        var isRaw = wave is not null && wave.Rate == model.SamplingRate;
        fault = isRaw || model.DecodesSound ? null
            : $"'{order.Attached!.Member}' must be a WAV file of 16-bit samples at {model.SamplingRate} Hz, because the worker's machine has no ffmpeg to decode others.";
        return fault is null ? order with { Payload = isRaw ? wave!.Samples : sound, IsRaw = isRaw } : null;
    }
}
