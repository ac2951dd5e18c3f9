namespace Rouse.FakeRunpod.Billing;

internal enum ChargeKind
{
    Serverless,
    Pod,
    PodDisk,
    Volume,
}

/// <summary>Something that costs by the second, from its start until it ends.</summary>
/// <param name="Account">Who pays.</param>
/// <param name="Kind">Which bill it stands on.</param>
/// <param name="ResourceId">The endpoint, pod or volume.</param>
/// <param name="DollarsPerHour">Fixed at the start: a change of price is for what starts later.</param>
/// <param name="Start">When it began.</param>
internal sealed record Charge(string Account, ChargeKind Kind, string ResourceId, decimal DollarsPerHour, DateTimeOffset Start)
{
    private const decimal SecondsPerHour = 3600;

    public DateTimeOffset? End { get; set; }

    /// <summary>Whole seconds, begun ones counted.</summary>
    public long Seconds(DateTimeOffset now) => (long)Math.Ceiling(((End ?? now) - Start).TotalSeconds);

    public decimal Amount(DateTimeOffset now) => Seconds(now) * DollarsPerHour / SecondsPerHour;

    /// <summary>The part of the amount that falls in [from, to).</summary>
    public decimal Amount(DateTimeOffset from, DateTimeOffset to, DateTimeOffset now)
    {
        var end = Start + TimeSpan.FromSeconds(Seconds(now));
        var (first, last) = (Start > from ? Start : from, end < to ? end : to);
        return last <= first ? 0 : (decimal)(last - first).TotalSeconds * DollarsPerHour / SecondsPerHour;
    }
}
