using Rouse.Core.Tenancy;

namespace Rouse.Providers.Runpod;

/// <summary>Something for each key, made when first asked for. Beyond <paramref name="most"/> the longest unused is forgotten. Thread-safe.</summary>
internal sealed class PerAccount<T>(int most, Func<Secret, T> make)
    where T : class
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Secret, (T Value, long Use)> _accounts = [];
    private long _uses;

    public T this[Secret key]
    {
        get
        {
            lock (_gate)
            {
                var value = _accounts.TryGetValue(key, out var known) ? known.Value : make(key);
                _accounts[key] = (value, ++_uses);
                if (_accounts.Count > most) _accounts.Remove(_accounts.MinBy(account => account.Value.Use).Key);
                return value;
            }
        }
    }
}
