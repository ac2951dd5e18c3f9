using System.Buffers.Binary;
using System.Text.Json;

namespace Rouse.Worker.Engines.Diffusers.Loading;

/// <summary>What the first bytes of a safetensors file tell: 8 bytes of length, then JSON with type, shape and place of every tensor.</summary>
/// <param name="Parameters">Numbers by their type, such as <c>F16</c>.</param>
internal sealed record SafetensorsHeader(IReadOnlyDictionary<string, long> Parameters)
{
    /// <summary>Bytes; the format's own limit.</summary>
    private const long MaxLength = 100_000_000;

    public static SafetensorsHeader Read(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            Span<byte> prefix = stackalloc byte[8];
            file.ReadExactly(prefix);
            var length = BinaryPrimitives.ReadInt64LittleEndian(prefix);
            if (length is < 2 or > MaxLength || length > file.Length - prefix.Length) throw Broken("its header has no plausible length");
            var json = new byte[length];
            file.ReadExactly(json);
            using var header = JsonDocument.Parse(json);
            var parameters = new Dictionary<string, long>(StringComparer.Ordinal);
            var end = 0L;
            foreach (var tensor in header.RootElement.EnumerateObject().Where(static tensor => tensor.Name != "__metadata__"))
            {
                var type = tensor.Value.GetProperty("dtype").GetString()!;
                var count = tensor.Value.GetProperty("shape").EnumerateArray().Aggregate(1L, static (product, side) => checked(product * side.GetInt64()));
                parameters[type] = parameters.GetValueOrDefault(type) + count;
                end = Math.Max(end, tensor.Value.GetProperty("data_offsets")[1].GetInt64());
            }

            if (prefix.Length + length + end > file.Length) throw Broken("it is cut short");
            return new SafetensorsHeader(parameters);
        }
        catch (Exception fault) when (fault is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or OverflowException or EndOfStreamException or IndexOutOfRangeException)
        {
            throw Broken("its header cannot be read", fault);
        }

        EngineException Broken(string why, Exception? inner = null) => EngineException.Unusable(
            $"{Path.GetFileName(path)} is no safetensors file: {why}.", "Fetch the repository again, or choose another revision.", inner);
    }
}
