using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;

namespace Rouse.Worker.Engines.Diffusers.Runners;

/// <summary>A runner's pipe. A frame is two lengths of 4 bytes, little-endian, then that many bytes of JSON (an object) and that many of payload.</summary>
/// <remarks>The other side is <c>runner/rouse_runner/pipe.py</c>.</remarks>
internal static class Frames
{
    /// <summary>Bytes: what is said in hours of sound, twice and escaped. More means that the two do not understand each other.</summary>
    public const int MaxJson = 16 << 20;

    /// <summary>Bytes: half an hour of sound, or a film.</summary>
    public const int MaxPayload = 1 << 30;

    private const int Lengths = 8;

    public static async Task WriteAsync(Stream pipe, Action<Utf8JsonWriter> write, ReadOnlyMemory<byte> payload, CancellationToken ct)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        var lengths = new byte[Lengths];
        BinaryPrimitives.WriteInt32LittleEndian(lengths, buffer.WrittenCount);
        BinaryPrimitives.WriteInt32LittleEndian(lengths.AsSpan(4), payload.Length);
        await pipe.WriteAsync(lengths, ct);
        await pipe.WriteAsync(buffer.WrittenMemory, ct);
        await pipe.WriteAsync(payload, ct);
        await pipe.FlushAsync(ct);
    }

    /// <returns>Null where the pipe ended, also amid a frame.</returns>
    /// <exception cref="InvalidDataException">What came is no frame.</exception>
    public static async Task<RunnerAnswer?> ReadAsync(Stream pipe, CancellationToken ct)
    {
        var lengths = new byte[Lengths];
        if (await pipe.ReadAtLeastAsync(lengths, Lengths, throwOnEndOfStream: false, ct) < Lengths) return null;
        var json = BinaryPrimitives.ReadInt32LittleEndian(lengths);
        var payload = BinaryPrimitives.ReadInt32LittleEndian(lengths.AsSpan(4));
        if (json is < 2 or > MaxJson || payload is < 0 or > MaxPayload) throw new InvalidDataException($"A frame of {json} and {payload} bytes is none of the runner's.");
        var bytes = new byte[json + payload];
        if (await pipe.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, ct) < bytes.Length) return null;
        try
        {
            var body = JsonElement.Parse(bytes.AsSpan(0, json));
            return new RunnerAnswer(body.GetProperty("answer").GetString() ?? throw new KeyNotFoundException("its answer is null"), body, bytes.AsMemory(json));
        }
        catch (Exception fault) when (fault is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new InvalidDataException("A frame without an answer is none of the runner's.", fault);
        }
    }
}
