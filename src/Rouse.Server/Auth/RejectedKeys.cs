using System.Collections.Concurrent;

namespace Rouse.Server.Auth;

/// <summary>Keys that the provider refused a moment ago: a program that goes on with one is told so from memory.</summary>
internal sealed class RejectedKeys(TimeProvider time)
{
    /// <summary>Short, because a key may be made good again.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromSeconds(60);

    /// <summary>More than can be refused in that time (<see cref="KeyChecksBudget.Together"/>); beyond it all are forgotten.</summary>
    public const int Most = 4 * KeyChecksBudget.Together;

    private readonly ConcurrentDictionary<DigestKey, long> _refused = new();

    public int Count => _refused.Count;

    public bool Has(ReadOnlySpan<byte> digest) => _refused.TryGetValue(DigestKey.Of(digest), out var at) && time.GetElapsedTime(at) < Memory;

    public void Add(ReadOnlySpan<byte> digest)
    {
        if (_refused.Count >= Most) _refused.Clear();
        _refused[DigestKey.Of(digest)] = time.GetTimestamp();
    }

    public void Forget(ReadOnlySpan<byte> digest) => _refused.TryRemove(DigestKey.Of(digest), out _);
}
