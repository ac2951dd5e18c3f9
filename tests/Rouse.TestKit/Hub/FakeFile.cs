using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Rouse.TestKit.Hub;

/// <summary>A file of a <see cref="FakeRepository"/>. A big one repeats a block, so that any size costs no memory.</summary>
public sealed class FakeFile
{
    /// <summary>From this size on a file is kept as a large file (LFS), known by its SHA-256 and served by the second origin.</summary>
    public const long LargeFrom = 64 << 10;

    private readonly byte[] _block;

    private FakeFile(string path, byte[] block, long size, string? etag = null)
    {
        (Path, _block, Size) = (path, block, size);
        IsLarge = size >= LargeFrom;
        Etag = etag ?? Convert.ToHexStringLower(IsLarge ? Hash(HashAlgorithmName.SHA256, []) : Hash(HashAlgorithmName.SHA1, GitHeader()));
    }

    public string Path { get; }

    public long Size { get; }

    public bool IsLarge { get; }

    /// <summary>SHA-256 of a large file, git's blob id of a small one.</summary>
    public string Etag { get; }

    public static FakeFile Of(string path, byte[] content) => new(path, content, content.Length);

    /// <summary>Random-looking content that is the same on every run.</summary>
    public static FakeFile Sized(string path, long size)
    {
        const int blockSize = 4 << 20;
        var block = new byte[Math.Min(size, blockSize)];
        var state = BitConverter.ToUInt64(SHA256.HashData(Encoding.UTF8.GetBytes($"{path} {size}"))) | 1;
        for (var i = 0; i < block.Length; i++)
        {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            block[i] = (byte)state;
        }

        return new FakeFile(path, block, size);
    }

    /// <summary>
    /// Weights whose header names one tensor of each type with so many parameters. They have the size they would have, however large: what follows
    /// the header is nothing, and the hash is no hash of it.
    /// </summary>
    /// <param name="padding">Bytes by which the header is longer than it must be, as those of many tensors are.</param>
    public static FakeFile Safetensors(string path, IReadOnlyDictionary<string, long> parameters, int bytesPerParameter, int padding = 0)
    {
        var json = string.Join(",", parameters.Select(entry => string.Create(
            CultureInfo.InvariantCulture,
            $$"""
            "t.{{entry.Key}}":{"dtype":"{{entry.Key}}","shape":[{{entry.Value}},1],"data_offsets":[0,{{entry.Value * bytesPerParameter}}]}
            """)));
        var header = Encoding.UTF8.GetBytes($"{{\"__metadata__\":{{\"format\":\"pt\"}},{json}{new string(' ', padding)}}}");
        byte[] block = [.. BitConverter.GetBytes((ulong)header.Length), .. header];
        var etag = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(path + json)));
        return new FakeFile(path, block, block.Length + (parameters.Values.Sum() * bytesPerParameter), etag);
    }

    /// <summary>As many bytes from <paramref name="offset"/> as lie together, at most <paramref name="most"/>.</summary>
    public ReadOnlyMemory<byte> At(long offset, long most)
    {
        var start = (int)(offset % _block.Length);
        return _block.AsMemory(start, (int)Math.Min(_block.Length - start, Math.Min(most, Size - offset)));
    }

    private byte[] GitHeader() => Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {Size}\0"));

    private byte[] Hash(HashAlgorithmName name, byte[] before)
    {
        using var hash = IncrementalHash.CreateHash(name);
        hash.AppendData(before);
        for (var at = 0L; at < Size;)
        {
            var part = At(at, long.MaxValue);
            hash.AppendData(part.Span);
            at += part.Length;
        }

        return hash.GetHashAndReset();
    }
}
