using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rouse.Server.Auth;
using Rouse.Server.Egress;

namespace Rouse.Server.Composition;

/// <summary>The one policy of where callers' URLs may lead.</summary>
internal static partial class EgressServices
{
    public static void Add(IServiceCollection services, RouseHostOptions options, ApiKeys keys, ListeningSocket socket)
    {
        // In development mode the only caller sits at this machine and can reach its loopback without us.
        var allowLoopback = !keys.Any && socket.IsLoopback;
        Check(options.EgressAllow);
        services.AddSingleton(provider =>
        {
            var logger = provider.GetRequiredService<ILogger<EgressPolicy>>();
            return EgressPolicy.Parse(
                options.EgressAllow, allowLoopback, options.Resolve ?? (static (host, ct) => Dns.GetHostAddressesAsync(host, ct)), host => LogRefused(logger, host));
        });
    }

    /// <exception cref="RouseHostException">The setting cannot be read.</exception>
    private static void Check(string? allowed)
    {
        try
        {
            _ = EgressPolicy.Parse(allowed, allowLoopback: false);
        }
        catch (FormatException error)
        {
            throw new RouseHostException($"ROUSE_EGRESS_ALLOW: {error.Message}", error);
        }
    }

    [LoggerMessage(1, LogLevel.Information, "Did not connect to {Host}: it is not on the public internet and not in ROUSE_EGRESS_ALLOW, or the port is another protocol's.")]
    private static partial void LogRefused(ILogger logger, string host);
}
