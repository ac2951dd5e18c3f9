using System.Globalization;
using Rouse.Core.Analytics;
using Rouse.Server;

namespace Rouse.Cli.Commands.Local;

/// <summary>The shared cache's store and prices, as the operator's environment names them.</summary>
internal static class SharedCacheAccount
{
    private const string Prices = "ROUSE_CACHE_PRICES";

    /// <returns>Null when S3_MODEL_URL is not set, or SHARED_CACHE_ENABLED is false: then there is none.</returns>
    /// <exception cref="RouseHostException">What is set does not suffice, or cannot be read.</exception>
    public static CacheHostOptions? FromEnvironment(Func<string, string?> variable)
    {
        var enabled = Word("SHARED_CACHE_ENABLED");
        if (enabled is not (null or "true" or "false")) throw new RouseHostException("SHARED_CACHE_ENABLED is true or false.");
        if (Word("S3_MODEL_URL") is not { } url || enabled is "false") return null;
        return new CacheHostOptions
        {
            Url = url,
            AccessKeyId = Word("AWS_ACCESS_KEY_ID") ?? throw Missing("AWS_ACCESS_KEY_ID"),
            SecretAccessKey = Word("AWS_SECRET_ACCESS_KEY") ?? throw Missing("AWS_SECRET_ACCESS_KEY"),
            Endpoint = Word("AWS_ENDPOINT_URL"),
            Region = Word("AWS_REGION") ?? Word("AWS_DEFAULT_REGION"),
            AllowedModels = (Word("SHARED_CACHE_ALLOWED_MODELS") ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
        };

        string? Word(string name) => variable(name)?.Trim() is { Length: > 0 } set ? set : null;

        RouseHostException Missing(string name) => new($"S3_MODEL_URL is set, but not {name}. Set the keys of its store, or unset S3_MODEL_URL to serve without a shared cache.");
    }

    /// <summary><c>storage=0.023,writes=0.005,reads=0.0004,egress=0.09</c>, of which any may be left out.</summary>
    /// <exception cref="RouseHostException">It cannot be read.</exception>
    public static CachePrices PricesFromEnvironment(Func<string, string?> variable)
    {
        var prices = new CachePrices();
        foreach (var entry in (variable(Prices) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var parts = entry.Split('=', 2, StringSplitOptions.TrimEntries);
            if (parts.Length != 2 || !decimal.TryParse(parts[1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var usd) || usd > 1000) throw Unreadable(entry);
            prices = parts[0] switch
            {
                "storage" => prices with { StoragePerGbMonth = usd },
                "writes" => prices with { WritesPerThousand = usd },
                "reads" => prices with { ReadsPerThousand = usd },
                "egress" => prices with { EgressPerGb = usd },
                _ => throw Unreadable(entry),
            };
        }

        return prices;
    }

    private static RouseHostException Unreadable(string entry) => new(
        $"{Prices}: '{entry}' is none of storage=, writes=, reads= and egress= with US dollars (per GB-month, 1000 requests, 1000 requests, GB).");
}
