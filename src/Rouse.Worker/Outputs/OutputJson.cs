using System.Buffers;
using System.Text.Json;
using Rouse.Worker.Engines;

namespace Rouse.Worker.Outputs;

/// <summary>
/// A job's output with what was made in it, by its kind: <c>image_base64</c> and <c>images[]</c>, <c>video_base64</c> and <c>videos[]</c>,
/// <c>audio_base64</c> and <c>audios[]</c>. The first stands on top too, where clients that know of one look for it. What lies elsewhere has
/// <c>image_url</c> (or <c>image_path</c>) on top, and in the list <c>url</c>, <c>sha256</c>, <c>size</c>, <c>media_type</c> and <c>expires_at</c>.
/// </summary>
internal static class OutputJson
{
    /// <summary>Bytes that are made ready for the members besides the files; more are taken where needed.</summary>
    private const int Facts = 4096;

    public static ReadOnlyMemory<byte> Write(EngineResult.Made made) => Write(
        made, (int)Math.Min(SizeOf(made), Array.MaxLength),
        static (json, file, _) => json.WriteBase64String(file.Kind + "_base64", file.Content.Span),
        static (json, file, _) => json.WriteBase64String(file.Kind + "_base64", file.Content.Span));

    /// <param name="made">What the engine made.</param>
    /// <param name="placed">Where each of its files lies, in their order.</param>
    public static ReadOnlyMemory<byte> Write(EngineResult.Made made, IReadOnlyList<PlacedFile> placed) => Write(
        made, Facts,
        (json, file, at) => json.WriteString(file.Kind + (placed[at].Url is null ? "_path" : "_url"), placed[at].Url ?? placed[at].Path),
        (json, _, at) => placed[at].WriteMembers(json));

    /// <summary>For an answer that is kept whole elsewhere.</summary>
    public static ReadOnlyMemory<byte> WriteSpilled(PlacedFile placed)
    {
        var buffer = new ArrayBufferWriter<byte>(Facts);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteStartObject("spilled");
        placed.WriteMembers(json);
        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }

    /// <summary>Bytes of <see cref="Write(EngineResult.Made)"/>, about, without writing it.</summary>
    public static long SizeOf(EngineResult.Made made)
    {
        static long Base64(OutputFile file) => ((file.Content.Length + 2L) / 3 * 4) + 64;
        return Facts + made.Files.Sum(Base64) + made.Files.DistinctBy(static file => file.Kind).Sum(Base64);
    }

    private static ReadOnlyMemory<byte> Write(
        EngineResult.Made made, int room, Action<Utf8JsonWriter, OutputFile, int> writeFirst, Action<Utf8JsonWriter, OutputFile, int> writeOne)
    {
        var buffer = new ArrayBufferWriter<byte>(room);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        foreach (var kind in made.Files.Index().GroupBy(static file => file.Item.Kind, StringComparer.Ordinal))
        {
            var (first, at) = (kind.First().Item, kind.First().Index);
            writeFirst(json, first, at);
            json.WriteStartArray(kind.Key + "s");
            foreach (var (index, file) in kind)
            {
                json.WriteStartObject();
                writeOne(json, file, index);
                if (file.Seed is { } seed) json.WriteNumber("seed", seed);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        made.WriteFacts(json);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }
}
