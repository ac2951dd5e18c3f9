using Rouse.TestKit.Time;

namespace Rouse.Server.Tests.Costs;

/// <summary>A time of day that somebody sets, over a clock that nobody does.</summary>
internal sealed class JumpingTime : TimeProvider
{
    private readonly ManualTime _clock = new();
    private TimeSpan _offset;

    public override long TimestampFrequency => _clock.TimestampFrequency;

    public void Advance(TimeSpan by) => _clock.Advance(by);

    public void Jump(TimeSpan by) => _offset += by;

    public override DateTimeOffset GetUtcNow() => _clock.GetUtcNow() + _offset;

    public override long GetTimestamp() => _clock.GetTimestamp();
}
