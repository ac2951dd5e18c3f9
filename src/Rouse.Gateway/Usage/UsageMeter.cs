using System.Threading.Channels;

namespace Rouse.Gateway.Usage;

/// <summary>Between the requests and the store: nothing on a request's way waits. When the store cannot keep up, what is too much is counted and dropped.</summary>
public sealed class UsageMeter
{
    /// <summary>Some seconds of a busy gateway, in a few MB.</summary>
    public const int Capacity = 65_536;

    private readonly Channel<RequestUsage> _events = Channel.CreateBounded<RequestUsage>(new BoundedChannelOptions(Capacity) { SingleReader = true });
    private long _dropped;

    /// <summary>Events that found no room.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    public ChannelReader<RequestUsage> Events => _events.Reader;

    public void Record(in RequestUsage usage)
    {
        if (!_events.Writer.TryWrite(usage)) Interlocked.Increment(ref _dropped);
    }
}
