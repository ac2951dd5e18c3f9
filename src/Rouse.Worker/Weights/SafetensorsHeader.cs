using System.Buffers.Binary;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;

namespace Rouse.Worker.Weights;

/// <summary>The header of a safetensors file: eight bytes of length, JSON, then the tensors. It accounts for every byte of the file.</summary>
internal static class SafetensorsHeader
{
    /// <summary>Bytes. The format's own limit.</summary>
    private const long MaxLength = 100_000_000;

    private const int LengthBytes = 8;

    /// <returns>Bytes of the JSON; null when no such file begins so.</returns>
    public static int? Length(ReadOnlySpan<byte> start)
    {
        if (start.Length < LengthBytes + 2) return null;
        var length = BinaryPrimitives.ReadUInt64LittleEndian(start);
        return length is >= 2 and <= MaxLength ? (int)length : null;
    }

    /// <returns>Why the file is no whole one; null when it is.</returns>
    public static string? Fault(SafeFileHandle file)
    {
        var start = new byte[LengthBytes + 2];
        RandomAccess.Read(file, start, 0);
        var size = RandomAccess.GetLength(file);
        if (Length(start) is not { } length || LengthBytes + length > size) return "it is no whole safetensors file";
        var header = new byte[length];
        for (var at = 0; at < length;)
        {
            var read = RandomAccess.Read(file, header.AsSpan(at), LengthBytes + at);
            if (read == 0) break;
            at += read;
        }

        if (EndOfTensors(header) is not { } end) return "its safetensors header is damaged";
        return LengthBytes + length + end == size ? null : "its safetensors header speaks of another length: it is cut short, or something is appended";
    }

    /// <returns>Bytes of all tensors; null when it is no such header.</returns>
    private static long? EndOfTensors(byte[] header)
    {
        try
        {
            using var json = JsonDocument.Parse(header);
            var end = 0L;
            foreach (var tensor in json.RootElement.EnumerateObject())
            {
                if (tensor.NameEquals("__metadata__")) continue;
                var offsets = tensor.Value.GetProperty("data_offsets");
                var (from, to) = (offsets[0].GetInt64(), offsets[1].GetInt64());
                if (from < 0 || to < from) return null;
                end = Math.Max(end, to);
            }

            return end;
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException or KeyNotFoundException or FormatException or IndexOutOfRangeException)
        {
            return null;
        }
    }
}
