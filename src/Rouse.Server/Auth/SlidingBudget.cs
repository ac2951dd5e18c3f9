namespace Rouse.Server.Auth;

/// <summary>So many calls per key in any stretch of time. Counted by this replica alone. Thread-safe.</summary>
/// <param name="most">Calls.</param>
/// <param name="maxKeys">Keys remembered. Beyond it those are forgotten that have not called for that long, and if that is nobody, nobody else may call.</param>
internal class SlidingBudget<TKey>(int most, int maxKeys, TimeSpan window, TimeProvider time)
    where TKey : notnull
{
    /// <summary>Looking for what can be forgotten costs a walk over all, so a crowd of new keys does not ask for it oftener.</summary>
    private static readonly TimeSpan s_betweenWalks = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<TKey, Queue<long>> _calls = [];
    private long? _walkedAt;

    public int Count
    {
        get
        {
            lock (_gate) return _calls.Count;
        }
    }

    public bool TryTake(TKey key)
    {
        lock (_gate)
        {
            if (!_calls.TryGetValue(key, out var mine))
            {
                if (_calls.Count >= maxKeys) Forget();
                if (_calls.Count >= maxKeys) return false;
                _calls[key] = mine = new Queue<long>(Math.Min(most, 16));
            }

            while (mine.TryPeek(out var oldest) && time.GetElapsedTime(oldest) >= window) mine.Dequeue();
            if (mine.Count >= most) return false;
            mine.Enqueue(time.GetTimestamp());
            return true;
        }
    }

    private void Forget()
    {
        if (_walkedAt is { } at && time.GetElapsedTime(at) < s_betweenWalks) return;
        _walkedAt = time.GetTimestamp();
        foreach (var (key, _) in _calls.Where(entry => entry.Value.All(call => time.GetElapsedTime(call) >= window)).ToList()) _calls.Remove(key);
    }
}
