using System.Buffers.Binary;

namespace Rouse.Core.Jobs;

/// <summary>
/// Names a job within its deployment. Opaque to callers. The first 48 of its 128 bits are the time, so that young jobs lie together in the
/// store's index; the other 80 are random. The id of a job that somebody waits for starts with <c>sync-</c>, as Runpod's do.
/// </summary>
public readonly record struct JobId
{
    public const int RandomBytes = 10;

    /// <summary>Longer than any id of ours; a worker's URL with a longer one is not looked up.</summary>
    public const int MaxLength = 64;

    private const string Allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
    private readonly string? _text;

    private JobId(string text) => _text = text;

    public string Value => _text ?? throw new InvalidOperationException("An empty JobId was used.");

    /// <param name="now">When the job was submitted.</param>
    /// <param name="random"><see cref="RandomBytes"/> bytes from a cryptographic source.</param>
    /// <param name="sync">Somebody waits for its result.</param>
    public static JobId New(DateTimeOffset now, ReadOnlySpan<byte> random, bool sync)
    {
        Span<byte> bytes = stackalloc byte[Ids.RandomBytes];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, (ulong)now.ToUnixTimeMilliseconds() << 16);
        random[..RandomBytes].CopyTo(bytes[^RandomBytes..]);
        return new((sync ? "sync-" : "") + Ids.Encode(bytes));
    }

    public static bool TryParse(string? text, out JobId id)
    {
        id = default;
        if (text is not { Length: >= 1 and <= MaxLength } || text.AsSpan().ContainsAnyExcept(Allowed)) return false;
        id = new JobId(text);
        return true;
    }

    public static JobId Parse(string text) => TryParse(text, out var id) ? id : throw new FormatException($"'{text}' is not a job id.");

    public override string ToString() => Value;
}
