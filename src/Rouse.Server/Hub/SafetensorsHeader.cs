using System.Buffers.Binary;
using System.Text.Json;

namespace Rouse.Server.Hub;

/// <summary>
/// The beginning of a safetensors file: eight bytes with the header's length, then JSON that names each tensor's type and shape
/// (https://huggingface.co/docs/safetensors, "Format").
/// </summary>
internal static class SafetensorsHeader
{
    public const int LengthBytes = 8;

    /// <returns>The header's length, or null when these are not the first bytes of such a file.</returns>
    public static long? LengthOf(ReadOnlySpan<byte> start) =>
        start.Length > LengthBytes && start[LengthBytes] == '{' && BinaryPrimitives.ReadUInt64LittleEndian(start) is > 1 and <= int.MaxValue and var length
            ? (long)length
            : null;

    /// <returns>Parameters by type; null when it is no such header.</returns>
    public static IReadOnlyDictionary<string, long>? Parse(ReadOnlySpan<byte> header)
    {
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        var reader = new Utf8JsonReader(header);
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return null;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isMetadata = reader.ValueTextEquals("__metadata__");
                reader.Read();
                if (isMetadata)
                {
                    reader.Skip();
                    continue;
                }

                var tensor = JsonSerializer.Deserialize(ref reader, HubJson.Default.TensorInfo);
                if (tensor is not { Dtype: { Length: > 0 and <= 16 } type, Shape: { } shape }) return null;
                counts[type] = checked(counts.GetValueOrDefault(type) + Count(shape));
            }

            return counts;
        }
        catch (Exception error) when (error is JsonException or OverflowException or InvalidOperationException)
        {
            return null;
        }
    }

    private static long Count(IReadOnlyList<long> shape)
    {
        var count = 1L;
        foreach (var length in shape) count = checked(count * (length >= 0 ? length : throw new JsonException("A length below zero.")));
        return count;
    }
}
