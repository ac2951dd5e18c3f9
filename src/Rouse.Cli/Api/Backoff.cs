namespace Rouse.Cli.Api;

/// <summary>How often and how soon a call that may be repeated is repeated.</summary>
internal static class Backoff
{
    /// <summary>Tries of one call. Four span about 1.5 s: a restarting server is bridged, a missing one is told soon.</summary>
    public const int MaxTries = 4;

    /// <summary>Reconnects of an event stream without a single event between them. Ten span about 30 s: a server's restart.</summary>
    public const int MaxReconnects = 10;

    private static readonly TimeSpan s_first = TimeSpan.FromMilliseconds(200);

    /// <summary>Longest single pause, also where the server asks for more.</summary>
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(5);

    /// <param name="failures">How many tries have failed so far, at least 1.</param>
    /// <param name="jitter">0 to 1: spreads callers that failed together.</param>
    /// <param name="asked">What the server asked for, by Retry-After or <c>retry:</c>.</param>
    public static TimeSpan Pause(int failures, double jitter, TimeSpan? asked = null)
    {
        var doubled = s_first * Math.Pow(2, Math.Min(failures - 1, 8));
        var pause = asked is { } wanted && wanted > doubled ? wanted : doubled * (0.75 + (0.5 * jitter));
        return pause < s_longest ? pause : s_longest;
    }
}
