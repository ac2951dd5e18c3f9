using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.DependencyInjection;
using Rouse.Server.Auth;
using Rouse.Server.Limits;
using IPNetwork = System.Net.IPNetwork;

namespace Rouse.Server.Composition;

/// <summary>Whose requests are counted, how many may come, and who is believed about where a request came from.</summary>
internal static class LimitServices
{
    public static void Add(IServiceCollection services, RouseHostOptions options, ApiKeys keys)
    {
        // In development mode all callers are one and sit at this machine: a bound would only stand in their own way.
        var (requests, jobs) = keys.Any ? (RateLimits.DefaultRequests, RateLimits.DefaultJobRequests) : (0, 0);
        services.AddSingleton(new RateLimits(options.RequestsPerMinute ?? requests, options.JobRequestsPerMinute ?? jobs, options.Time));
        _ = Proxies(options.TrustedProxies);
    }

    /// <summary>First of all: what is said further on about a request's address is what the proxies say. Without trusted ones their header is nobody's word.</summary>
    public static void UseTrustedProxies(this IApplicationBuilder app)
    {
        var proxies = Proxies(app.ApplicationServices.GetRequiredService<RouseHostOptions>().TrustedProxies);
        if (proxies.Count == 0) return;
        // Not X-Forwarded-Host: where this server is reached is a setting, and no caller's word goes into a callback's address.
        var forwarded = new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.XForwardedFor, ForwardLimit = proxies.Count };
        forwarded.KnownProxies.Clear();
        forwarded.KnownIPNetworks.Clear();
        foreach (var network in proxies) forwarded.KnownIPNetworks.Add(network);
        app.UseForwardedHeaders(forwarded);
    }

    public static void UseAddressLimit(this IApplicationBuilder app) => app.UseMiddleware<AddressLimit>();

    /// <exception cref="RouseHostException">The setting cannot be read.</exception>
    private static List<IPNetwork> Proxies(string? setting)
    {
        List<IPNetwork> proxies = [];
        foreach (var entry in (setting ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (IPNetwork.TryParse(entry, out var network)) proxies.Add(network);
            else if (IPAddress.TryParse(entry, out var address)) proxies.Add(new IPNetwork(address, address.GetAddressBytes().Length * 8));
            else throw new RouseHostException($"ROUSE_TRUSTED_PROXIES: '{entry}' is neither an address nor a network such as 10.1.0.0/16.");
        }

        return proxies;
    }
}
