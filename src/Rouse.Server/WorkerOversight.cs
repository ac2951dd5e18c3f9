using System.Globalization;
using Rouse.Store.Events;

namespace Rouse.Server;

/// <summary>How workers are listened to and watched, under the seed's names and with its figures.</summary>
public sealed record WorkerOversight
{
    /// <summary><c>LOG_STREAM_MAX_ENTRIES</c>: newest log lines kept of a deployment, 10 to 5000.</summary>
    public int LogStreamMaxEntries { get; init; } = LogLimits.Default.MaxEntries;

    /// <summary><c>LOG_STREAM_TTL_SECONDS</c>: how long a line is kept, 60 to 86400 s.</summary>
    public TimeSpan LogStreamTtl { get; init; } = LogLimits.Default.TimeToLive;

    /// <summary><c>CLEANUP_IDLE_TIMEOUT_SECONDS</c>: idle time after which a worker that nothing else scales down asks to be put away, 60 to 7200 s.</summary>
    public TimeSpan CleanupIdleTimeout { get; init; } = TimeSpan.FromSeconds(900);

    /// <summary><c>CLEANUP_FAILURE_THRESHOLD</c>: jobs failed in a row after which a worker's machine counts as broken, 1 to 10.</summary>
    public int CleanupFailureThreshold { get; init; } = 3;

    internal LogLimits Logs => new(LogStreamMaxEntries, LogStreamTtl);

    /// <exception cref="RouseHostException">A value is out of its bounds.</exception>
    public static WorkerOversight FromEnvironment(Func<string, string?> variable)
    {
        var standard = new WorkerOversight();
        return new WorkerOversight
        {
            LogStreamMaxEntries = Number("LOG_STREAM_MAX_ENTRIES", standard.LogStreamMaxEntries, LogLimits.LeastEntries, LogLimits.MostEntries),
            LogStreamTtl = Seconds("LOG_STREAM_TTL_SECONDS", standard.LogStreamTtl, (int)LogLimits.ShortestLife.TotalSeconds, (int)LogLimits.LongestLife.TotalSeconds),
            CleanupIdleTimeout = Seconds("CLEANUP_IDLE_TIMEOUT_SECONDS", standard.CleanupIdleTimeout, 60, 7200),
            CleanupFailureThreshold = Number("CLEANUP_FAILURE_THRESHOLD", standard.CleanupFailureThreshold, 1, 10),
        };

        TimeSpan Seconds(string name, TimeSpan fallback, int least, int most) => TimeSpan.FromSeconds(Number(name, (int)fallback.TotalSeconds, least, most));

        int Number(string name, int fallback, int least, int most)
        {
            if (variable(name) is not { Length: > 0 } text) return fallback;
            return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most
                ? value
                : throw new RouseHostException(string.Create(CultureInfo.InvariantCulture, $"{name} must be a whole number from {least} to {most}."));
        }
    }
}
