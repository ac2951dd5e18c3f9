using System.Collections.Concurrent;

namespace Rouse.Server.Auth;

/// <summary>Callers by the digests of their credentials, for a few seconds: every request asks.</summary>
internal sealed class CallerCache(TimeProvider time)
{
    /// <summary>How long another replica's revocation may go unseen. With one look-up on top of it, it is seen within 5 s.</summary>
    public static readonly TimeSpan Freshness = TimeSpan.FromSeconds(4);

    /// <summary>Entries kept, about 300 bytes each; beyond it all are forgotten and read again as needed.</summary>
    public const int MaxEntries = 20_000;

    private readonly ConcurrentDictionary<DigestKey, (Caller Caller, long ReadAt, DateTimeOffset? ExpiresAt)> _known = new();
    private long _forgotten;

    /// <summary>To be read before the store is: what was forgotten since must not be remembered.</summary>
    public long Generation => Volatile.Read(ref _forgotten);

    public int Count => _known.Count;

    public Caller? Find(ReadOnlySpan<byte> digest) =>
        _known.TryGetValue(DigestKey.Of(digest), out var entry) && time.GetElapsedTime(entry.ReadAt) < Freshness && !(entry.ExpiresAt <= time.GetUtcNow())
            ? entry.Caller
            : null;

    /// <param name="generation">As it was before the store was read.</param>
    /// <param name="readAt">When the store was read, by the same clock.</param>
    public void Remember(ReadOnlySpan<byte> digest, Caller caller, DateTimeOffset? expiresAt, long generation, long readAt)
    {
        if (_known.Count >= MaxEntries) _known.Clear();
        if (Generation == generation) _known[DigestKey.Of(digest)] = (caller, readAt, expiresAt);
    }

    /// <summary>Something was revoked or disabled here: rare enough to ask the store about everybody again.</summary>
    public void Forget()
    {
        Interlocked.Increment(ref _forgotten);
        _known.Clear();
    }
}
