namespace Rouse.Store.Events;

/// <summary>How much of a deployment's log is kept, with the seed's figures.</summary>
/// <param name="MaxEntries">Newest lines of one deployment, <see cref="LeastEntries"/> to <see cref="MostEntries"/>.</param>
/// <param name="TimeToLive">
/// How long a line is kept, <see cref="ShortestLife"/> to <see cref="LongestLife"/>. Of a deployment that has ended what was left then stays: why it
/// ended is asked for later.
/// </param>
public sealed record LogLimits(int MaxEntries, TimeSpan TimeToLive)
{
    public const int LeastEntries = 10;
    public const int MostEntries = 5_000;
    public static readonly TimeSpan ShortestLife = TimeSpan.FromSeconds(60);
    public static readonly TimeSpan LongestLife = TimeSpan.FromSeconds(86_400);

    public static LogLimits Default { get; } = new(500, TimeSpan.FromSeconds(3600));
}
