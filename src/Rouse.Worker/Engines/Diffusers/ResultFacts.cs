using System.Buffers;
using System.Text.Json;
using Rouse.Worker.Engines.Diffusers.Inputs;
using Rouse.Worker.Engines.Diffusers.Runners;

namespace Rouse.Worker.Engines.Diffusers;

/// <summary>What an output says besides its files. Values that were left to the pipeline are told as the pipeline's own.</summary>
internal static class ResultFacts
{
    private static readonly string[] s_whole = ["num_inference_steps"];
    private static readonly string[] s_real = ["guidance_scale", "strength"];

    public static void Write(Utf8JsonWriter json, string modelId, DiffusersTask task, LoadedModel model, RunOrder order, RunnerResult result)
    {
        json.WriteString("model_id", modelId);
        json.WriteNumber("seed", order.Seed);
        if (task == DiffusersTask.TextToSpeech) return;
        json.WriteNumber("width", result.Width);
        json.WriteNumber("height", result.Height);
        foreach (var name in s_whole.Concat(s_real))
        {
            if (Value(name) is not { } value) continue;
            if (s_whole.Contains(name, StringComparer.Ordinal)) json.WriteNumber(name, (long)value);
            else json.WriteNumber(name, value);
        }

        if (task == DiffusersTask.TextToVideo)
        {
            json.WriteNumber("num_frames", result.Frames);
            json.WriteNumber("fps", order.FramesPerSecond);
        }

        // One word a picture; absent where the model's safety checker found nothing or is not there.
        if (result.Answer.TryGetProperty("flagged", out var flagged))
        {
            json.WritePropertyName("nsfw_content_detected");
            flagged.WriteTo(json);
        }

        double? Value(string name) => order.Arguments.TryGetValue(name, out var given)
            ? Convert.ToDouble(given, System.Globalization.CultureInfo.InvariantCulture)
            : model.Takes.Contains(name) && model.Defaults.TryGetValue(name, out var own) ? own : null;
    }

    public static ReadOnlyMemory<byte> Transcript(string modelId, JsonElement answer)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteString("text", answer.GetProperty("text").GetString());
        json.WritePropertyName("segments");
        answer.GetProperty("parts").WriteTo(json);
        json.WriteString("model_id", modelId);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }
}
