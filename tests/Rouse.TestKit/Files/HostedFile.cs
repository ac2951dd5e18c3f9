using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Rouse.TestKit.Files;

/// <summary>A file of a <see cref="FakeFileHost"/>, and what goes wrong with it.</summary>
public sealed class HostedFile(byte[] content)
{
    private int _wrong;

    public byte[] Content { get; } = content;

    public string Sha256 { get; } = Convert.ToHexStringLower(SHA256.HashData(content));

    /// <summary>The ETag; null sends none.</summary>
    public string? Version { get; set; } = "v1";

    public string ContentType { get; set; } = "application/octet-stream";

    public bool HasRanges { get; set; } = true;

    /// <summary>Whether the length is told at all.</summary>
    public bool HasLength { get; set; } = true;

    /// <summary>Whether answers in parts tell the length of the whole.</summary>
    public bool TellsWhole { get; set; } = true;

    /// <summary>Bytes that are promised and never come.</summary>
    public int ExtraLength { get; set; }

    /// <summary>Statuses answered in place of bytes, in order.</summary>
    public ConcurrentQueue<int> Statuses { get; } = new();

    /// <summary>Seconds, with those statuses.</summary>
    public int? RetryAfter { get; set; }

    /// <summary>Where it is redirected to; null serves it.</summary>
    public string? RedirectTo { get; set; }

    /// <summary>Bytes after which a body's connection is cut, in order.</summary>
    public ConcurrentQueue<int> Cuts { get; } = new();

    /// <summary>Bodies wait for its end after their first half.</summary>
    public Task? Hold { get; set; }

    /// <summary>So many bodies come with a wrong byte at their end.</summary>
    public HostedFile Spoilt(int bodies)
    {
        _wrong = bodies;
        return this;
    }

    /// <summary>One tensor of so many bytes, the same for the same seed.</summary>
    public static HostedFile Safetensors(int bytes = 300_000, int seed = 1)
    {
        var header = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $$$"""{"t":{"dtype":"U8","shape":[{{{bytes}}}],"data_offsets":[0,{{{bytes}}}]} }"""));
        var tensor = new byte[bytes];
        var state = (uint)(seed * 2654435761) | 1;
        for (var i = 0; i < bytes; i++)
        {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            tensor[i] = (byte)state;
        }

        return new HostedFile([.. BitConverter.GetBytes((ulong)header.Length), .. header, .. tensor]);
    }

    internal bool TakeWrong() => _wrong > 0 && Interlocked.Decrement(ref _wrong) >= 0;
}
