namespace Rouse.Server.Outputs;

/// <summary>The bounds of what is kept of what jobs made. Sizes in bytes.</summary>
internal sealed record OutputLimits
{
    /// <summary>One thing: a long film. The worker keeps what is larger on its own volume.</summary>
    public long MaxFile { get; init; } = 2L << 30;

    /// <summary>All things of all tenants (<c>ROUSE_OUTPUTS_MAX_GB</c>). When it is reached nothing older is thrown away for what is newer: the worker keeps the new one.</summary>
    public long MaxTotal { get; init; } = 50L << 30;

    /// <summary>What one tenant may have of it: nobody's results may leave no room for another's.</summary>
    public double TenantShare { get; init; } = 0.5;

    /// <summary>From when a thing was last stored or asked for by its worker (<c>ROUSE_OUTPUTS_KEEP_HOURS</c>): a weekend, and some days.</summary>
    public TimeSpan Kept { get; init; } = TimeSpan.FromDays(7);

    /// <summary>How long an address in an answer is good: as long as the answer itself can be read, and an hour. Never longer than what it leads to.</summary>
    public TimeSpan AddressesLive { get; init; } = TimeSpan.FromHours(25);

    /// <summary>Until a thing that a worker said it would send is given up, and its room with it.</summary>
    public TimeSpan Waiting { get; init; } = TimeSpan.FromHours(1);

    /// <summary>What a door reads back into one answer: as a result may have.</summary>
    public int MaxReadBack { get; init; } = 100 << 20;

    /// <summary>Between looks for what has ended.</summary>
    public TimeSpan Sweep { get; init; } = TimeSpan.FromMinutes(10);
}
