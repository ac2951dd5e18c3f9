using System.Globalization;
using System.Text;

namespace Rouse.Worker.Engines.A1111;

/// <summary>What the worker holds of model files, as answers tell it to those who ask for it.</summary>
/// <param name="Bytes">Of all of them.</param>
internal readonly record struct CacheInfo(int Checkpoints, int Loras, long Bytes)
{
    private const double MiB = 1 << 20;

    /// <summary>The WebUI's answer with a member <c>cache_info</c> at its end; all else stays as it is, byte for byte. What is no object is not touched.</summary>
    public ReadOnlyMemory<byte> AddTo(ReadOnlyMemory<byte> answer)
    {
        var json = answer.Span.Trim(" \t\r\n"u8);
        if (json is not [(byte)'{', .., (byte)'}']) return answer;
        var isEmpty = json[..^1].TrimEnd(" \t\r\n"u8).Length == 1;
        var member = Encoding.UTF8.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $"{(isEmpty ? "" : ",")}\"cache_info\":{{\"checkpoints_cached\":{Checkpoints},\"loras_cached\":{Loras},\"total_cache_size_mb\":{Bytes / MiB:0.##}}}}}"));
        return (byte[])[.. json[..^1], .. member];
    }
}
