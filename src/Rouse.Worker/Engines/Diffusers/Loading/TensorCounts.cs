using System.Text.Json;
using Rouse.Worker.Weights;

namespace Rouse.Worker.Engines.Diffusers.Loading;

/// <summary>How many numbers of which type a safetensors file holds, by its header.</summary>
internal static class TensorCounts
{
    /// <returns>By type, such as <c>F16</c>.</returns>
    /// <exception cref="EngineException">It is no whole file of that kind.</exception>
    public static IReadOnlyDictionary<string, long> Read(string path)
    {
        using var file = File.OpenHandle(path);
        if (SafetensorsHeader.Fault(file) is { } fault) throw Broken(fault);
        var length = new byte[8];
        RandomAccess.Read(file, length, 0);
        var json = new byte[BitConverter.ToInt64(length)];
        for (var at = 0; at < json.Length;) at += RandomAccess.Read(file, json.AsSpan(at), length.Length + at);
        try
        {
            using var header = JsonDocument.Parse(json);
            var counts = new Dictionary<string, long>(StringComparer.Ordinal);
            foreach (var tensor in header.RootElement.EnumerateObject().Where(static tensor => tensor.Name != "__metadata__"))
            {
                var type = tensor.Value.GetProperty("dtype").GetString()!;
                var count = tensor.Value.GetProperty("shape").EnumerateArray().Aggregate(1L, static (product, side) => checked(product * side.GetInt64()));
                counts[type] = counts.GetValueOrDefault(type) + count;
            }

            return counts;
        }
        catch (Exception unread) when (unread is KeyNotFoundException or InvalidOperationException or FormatException or OverflowException)
        {
            throw Broken("its header tells no types and shapes", unread);
        }

        EngineException Broken(string why, Exception? inner = null) => EngineException.Unusable(
            $"{Path.GetFileName(path)} cannot be loaded: {why}.", "Fetch the repository again, or choose another revision.", inner);
    }
}
