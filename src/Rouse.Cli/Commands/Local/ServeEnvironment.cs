using System.CommandLine.Parsing;
using System.Globalization;
using Rouse.Server;

namespace Rouse.Cli.Commands.Local;

/// <summary>What <c>serve</c> takes from its environment where its command line says nothing: how containers and units are set up.</summary>
internal static class ServeEnvironment
{
    public const string DatabaseVariable = "ROUSE_DATABASE";
    public const string PublicUrlVariable = "ROUSE_PUBLIC_URL";
    public const string RootPathVariable = "ROUSE_ROOT_PATH";
    private const string PortVariable = "ROUSE_PORT";
    private const int DefaultPort = 8080;

    /// <summary>Whoever waits longer for a stop has forgotten it.</summary>
    private const int MaxSeconds = 3600;

    public static string Address(Func<string, string?> variable) => Word(variable, "ROUSE_HOST") ?? "127.0.0.1";

    public static string Data(Func<string, string?> variable) => Word(variable, "ROUSE_DATA") ?? ServeCommand.DefaultData;

    public static int Port(ArgumentResult result, Func<string, string?> variable)
    {
        if (Word(variable, PortVariable) is not { } text) return DefaultPort;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port)) return port;
        result.AddError($"{PortVariable} is '{text}', which is no port.");
        return DefaultPort;
    }

    /// <exception cref="RouseHostException">A variable cannot be read.</exception>
    public static RouseHostOptions Complete(RouseHostOptions options, Func<string, string?> variable) => options with
    {
        Database = options.Database ?? Word(variable, DatabaseVariable),
        PublicUrl = options.PublicUrl ?? Url(variable, PublicUrlVariable),
        Http2Port = Http2Port(variable),
        RootPath = options.RootPath ?? Word(variable, RootPathVariable),
        DrainDelay = Seconds(variable, "ROUSE_DRAIN_DELAY_SECONDS"),
        ShutdownTimeout = Seconds(variable, "ROUSE_SHUTDOWN_TIMEOUT_SECONDS"),
        Spool = options.Spool ?? Word(variable, "ROUSE_SPOOL"),
        SpoolMaxBytes = SpoolMaxBytes(variable) ?? options.SpoolMaxBytes,
        Outputs = OutputAccount.FromEnvironment(variable),
        SharedCache = SharedCacheAccount.FromEnvironment(variable),
        CachePrices = SharedCacheAccount.PricesFromEnvironment(variable),
        KeyChecksPerMinute = KeyChecks(variable) ?? options.KeyChecksPerMinute,
    };

    private static int? Http2Port(Func<string, string?> variable)
    {
        const string Name = "ROUSE_HTTP2_PORT";
        if (Word(variable, Name) is not { } text) return null;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is >= 1 and <= 65535
            ? port
            : throw new RouseHostException($"{Name} is '{text}'. Write 1 to 65535.");
    }

    private static long? SpoolMaxBytes(Func<string, string?> variable)
    {
        const string Name = "ROUSE_SPOOL_MAX_GB";
        if (Word(variable, Name) is not { } text) return null;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var gigabytes) && gigabytes is >= 1 and <= 1_000_000
            ? (long)gigabytes << 30
            : throw new RouseHostException($"{Name} is '{text}'. Write 1 to 1000000.");
    }

    private static int? KeyChecks(Func<string, string?> variable)
    {
        const string Name = "ROUSE_KEY_CHECKS_PER_MINUTE";
        if (Word(variable, Name) is not { } text) return null;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is >= 1 and <= 600
            ? count
            : throw new RouseHostException($"{Name} is '{text}'. Write 1 to 600.");
    }

    private static string? Word(Func<string, string?> variable, string name) => variable(name)?.Trim() is { Length: > 0 } set ? set : null;

    private static Uri? Url(Func<string, string?> variable, string name) => Word(variable, name) is not { } text ? null
        : Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" ? url
        : throw new RouseHostException($"{name} is not a URL. Write it as https://rouse.example.com.");

    private static TimeSpan? Seconds(Func<string, string?> variable, string name)
    {
        if (Word(variable, name) is not { } text) return null;
        return double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds <= MaxSeconds
            ? TimeSpan.FromSeconds(seconds)
            : throw new RouseHostException(string.Create(CultureInfo.InvariantCulture, $"{name} is '{text}'. Write seconds, 0 to {MaxSeconds}."));
    }
}
