using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Rouse.Server.Limits;

/// <summary>
/// So many per key in any minute, for as many keys as may come. A bounded number of keys is counted exactly, to 2 s. Keys beyond it share counters by chance:
/// none of them gets more than the limit, some may get less while that many come at once. Counted by this process alone.
/// </summary>
/// <param name="limit">Of one key in a minute.</param>
/// <param name="maxKeys">Counted exactly, about 150 bytes each.</param>
internal sealed class SlidingWindows<TKey>(int limit, int maxKeys, TimeProvider time)
    where TKey : notnull
{
    /// <summary>
    /// Of 2 s: the newest is partly over, so what is remembered spans 58 to 60 s, and whoever waits for a minute starts afresh.
    /// </summary>
    private const int Segments = 30;

    /// <summary>For the keys that are not counted exactly: 2 MiB, made when first needed. A power of two.</summary>
    private const int SharedCounters = 1 << 14;

    public static readonly TimeSpan Span = TimeSpan.FromSeconds(60);

    private readonly Lock _gate = new();
    private readonly Dictionary<TKey, Window> _windows = [];
    private readonly long _began = time.GetTimestamp();
    private Window[]? _shared;
    private int _forgotAt = -1;

    /// <summary>Counts one more, unless that is one too many. What was refused does not count.</summary>
    public bool TryTake(TKey key)
    {
        var now = (int)(time.GetElapsedTime(_began) / Span * Segments);
        lock (_gate)
        {
            ref var window = ref Find(key, now);
            if (window.CountAt(now) >= limit) return false;
            window.Add(now);
            return true;
        }
    }

    /// <summary>Whether one more would be too many.</summary>
    public bool IsSpent(TKey key)
    {
        var now = (int)(time.GetElapsedTime(_began) / Span * Segments);
        lock (_gate)
        {
            ref var window = ref CollectionsMarshal.GetValueRefOrNullRef(_windows, key);
            if (!Unsafe.IsNullRef(ref window)) return window.CountAt(now) >= limit;
            return _shared is { } shared && shared[IndexOf(key)].CountAt(now) >= limit;
        }
    }

    private static int IndexOf(TKey key) => key.GetHashCode() & (SharedCounters - 1);

    private ref Window Find(TKey key, int now)
    {
        ref var known = ref CollectionsMarshal.GetValueRefOrNullRef(_windows, key);
        if (!Unsafe.IsNullRef(ref known)) return ref known;
        if (_windows.Count >= maxKeys) Forget(now);
        if (_windows.Count < maxKeys) return ref CollectionsMarshal.GetValueRefOrAddDefault(_windows, key, out _);
        _shared ??= new Window[SharedCounters];
        return ref _shared[IndexOf(key)];
    }

    /// <summary>Those that have not come for a minute; looked for once in a segment, because it looks at all.</summary>
    private void Forget(int now)
    {
        if (_forgotAt == now) return;
        _forgotAt = now;
        foreach (var (key, window) in _windows)
        {
            if (window.IsOver(now)) _windows.Remove(key);
        }
    }

    [InlineArray(Segments)]
    private struct Counts
    {
        private int _first;
    }

    private struct Window
    {
        private Counts _counts;
        private int _total;
        private int _newest;

        public readonly bool IsOver(int now) => now - _newest >= Segments;

        public int CountAt(int now)
        {
            if (_total == 0 || IsOver(now))
            {
                this = default;
                return 0;
            }

            // What was counted a round ago lies where the segments since then will be counted.
            while (_newest < now)
            {
                ref var oldest = ref _counts[++_newest % Segments];
                _total -= oldest;
                oldest = 0;
            }

            return _total;
        }

        /// <summary>After <see cref="CountAt"/> for the same time.</summary>
        public void Add(int now)
        {
            _newest = now;
            _counts[now % Segments]++;
            _total++;
        }
    }
}
