using System.Buffers;
using System.Text.Json;
using Rouse.Worker.Engines.OnnxDiffusion.Inputs;
using Rouse.Worker.Engines.OnnxDiffusion.Schedulers;

namespace Rouse.Worker.Engines.OnnxDiffusion;

/// <summary>A job's output. The first picture stands on top too, where clients that know of one picture look for it.</summary>
internal static class OutputWriter
{
    public static ReadOnlyMemory<byte> Write(string modelId, TextToImageInput input, IReadOnlyList<byte[]> pictures)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteBase64String("image_base64", pictures[0]);
        json.WriteStartArray("images");
        for (var i = 0; i < pictures.Count; i++)
        {
            json.WriteStartObject();
            json.WriteBase64String("image_base64", pictures[i]);
            json.WriteNumber("seed", input.Seed + i);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteString("model_id", modelId);
        json.WriteNumber("seed", input.Seed);
        json.WriteNumber("width", input.Width);
        json.WriteNumber("height", input.Height);
        json.WriteNumber("num_inference_steps", input.Steps);
        json.WriteNumber("guidance_scale", input.GuidanceScale);
        json.WriteString("scheduler", input.Scheduler.Word());
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }
}
