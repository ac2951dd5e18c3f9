using System.Globalization;
using Rouse.Server;

namespace Rouse.Cli.Commands.Local;

/// <summary>How many requests may come and who is believed about where from, as the environment says.</summary>
internal static class LimitEnvironment
{
    /// <summary>The seed's bound of its setting.</summary>
    private const int MaxRequests = 1_000;

    /// <summary>16,000 a second, beyond what one server answers.</summary>
    private const int MaxJobRequests = 1_000_000;

    /// <exception cref="RouseHostException">A variable cannot be read.</exception>
    public static RouseHostOptions Complete(RouseHostOptions options, Func<string, string?> variable) => options with
    {
        RequestsPerMinute = Number("RATE_LIMIT_REQUESTS_PER_MINUTE", variable("RATE_LIMIT_REQUESTS_PER_MINUTE"), MaxRequests),
        JobRequestsPerMinute = Number("RATE_LIMIT_JOB_REQUESTS_PER_MINUTE", variable("RATE_LIMIT_JOB_REQUESTS_PER_MINUTE"), MaxJobRequests),
        TrustedProxies = variable("ROUSE_TRUSTED_PROXIES"),
    };

    private static int? Number(string name, string? text, int most)
    {
        if (string.IsNullOrWhiteSpace(text)) return null;
        return int.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= most
            ? number
            : throw new RouseHostException(string.Create(CultureInfo.InvariantCulture, $"{name} is '{text}'. Write a number from 1 to {most}, or 0 for no bound."));
    }
}
