using System.Buffers;
using System.Text.Json;
using Rouse.Worker.Engines;

namespace Rouse.Worker.Outputs;

/// <summary>
/// A job's output with what was made in it, by its kind: <c>image_base64</c> and <c>images[]</c>, <c>video_base64</c> and <c>videos[]</c>,
/// <c>audio_base64</c> and <c>audios[]</c>. The first stands on top too, where clients that know of one look for it.
/// </summary>
internal static class OutputJson
{
    public static ReadOnlyMemory<byte> Write(EngineResult.Made made)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        foreach (var kind in made.Files.GroupBy(static file => file.Kind, StringComparer.Ordinal))
        {
            json.WriteBase64String(kind.Key + "_base64", kind.First().Content.Span);
            json.WriteStartArray(kind.Key + "s");
            foreach (var file in kind) WriteOne(json, file);
            json.WriteEndArray();
        }

        made.WriteFacts(json);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }

    private static void WriteOne(Utf8JsonWriter json, OutputFile file)
    {
        json.WriteStartObject();
        json.WriteBase64String(file.Kind + "_base64", file.Content.Span);
        if (file.Seed is { } seed) json.WriteNumber("seed", seed);
        json.WriteEndObject();
    }
}
