using System.Collections.Concurrent;
using Rouse.Contracts.Webhooks;

namespace Rouse.Simulation.Webhooks;

/// <summary>One host that webhooks are sent to, and what it got.</summary>
internal sealed class Receiver(string name, Func<DateTimeOffset, Mood> mood, TimeSpan latency)
{
    private int _inTheAir;
    private int _mostInTheAir;
    private long _tries;
    private long _notSigned;
    private long _underAnotherId;
    private long _repeats;

    public string Name => name;

    public string Url => $"https://{name}.example/hook";

    /// <summary>The newest that its owner knows.</summary>
    public WebhookSecret? Secret { get; set; }

    /// <summary>By event, when it was first taken.</summary>
    public ConcurrentDictionary<string, DateTimeOffset> Taken { get; } = new(StringComparer.Ordinal);

    public TimeSpan Latency => latency;

    public long Tries => Volatile.Read(ref _tries);

    public long NotSigned => Volatile.Read(ref _notSigned);

    public long UnderAnotherId => Volatile.Read(ref _underAnotherId);

    /// <summary>Events that came again after they had been taken.</summary>
    public long Repeats => Volatile.Read(ref _repeats);

    public int MostInTheAir => Volatile.Read(ref _mostInTheAir);

    public Mood MoodAt(DateTimeOffset now) => mood(now);

    public void Begin(string? id, string? timestamp, string? signature, ReadOnlySpan<byte> body, string expectedId, DateTimeOffset now)
    {
        Interlocked.Increment(ref _tries);
        if (!WebhookSignature.Verify(Secret!, id, timestamp, signature, body, now)) Interlocked.Increment(ref _notSigned);
        if (id != expectedId) Interlocked.Increment(ref _underAnotherId);
        var count = Interlocked.Increment(ref _inTheAir);
        int most;
        while (count > (most = Volatile.Read(ref _mostInTheAir)) && Interlocked.CompareExchange(ref _mostInTheAir, count, most) != most)
        {
        }
    }

    public void End() => Interlocked.Decrement(ref _inTheAir);

    public void Take(string id, DateTimeOffset now)
    {
        if (!Taken.TryAdd(id, now)) Interlocked.Increment(ref _repeats);
    }
}
