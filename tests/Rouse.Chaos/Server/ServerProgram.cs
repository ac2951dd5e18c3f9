using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Rouse.Core.Jobs;
using Rouse.Server;
using Rouse.Server.Background;

namespace Rouse.Chaos.Server;

/// <summary>The real server in a process of its own, with crash points. Arguments: port, data folder, Runpod's two addresses and key, hub, crash points with commas, database.</summary>
internal static class ServerProgram
{
    public static async Task<int> MainAsync(string[] args)
    {
        var crash = new CrashPoint(args[6].Split(',').ToHashSet(StringComparer.Ordinal), CrashFile(args[1]));
        var options = new RouseHostOptions
        {
            Port = int.Parse(args[0], CultureInfo.InvariantCulture),
            DataFolder = args[1],
            HubEndpoint = args[5],
            Database = args is [.., var database] && args.Length > 7 ? database : null,
            Quiet = true,
            Runpod = new RunpodHostOptions
            {
                ApiUrl = new Uri(args[2]),
                JobsUrl = new Uri(args[3]),
                ApiKey = args[4],
                Image = "rouse/worker:chaos",
                WorkersRunHere = true,
                Handler = () => new CrashingHandler(crash),
                // Distances of one machine. The shares are kept: an unknown outcome is settled when a call and the list's lag are over.
                Tune = standard => standard with
                {
                    RequestTimeout = TimeSpan.FromSeconds(0.9), CallTimeout = TimeSpan.FromSeconds(2), ListLag = TimeSpan.FromSeconds(0.3),
                    ListFreshness = TimeSpan.FromSeconds(0.1), ListSpacing = TimeSpan.FromSeconds(0.05), ReadsPerSecond = 100, ReadBurst = 100,
                },
            },
            Limits = standard => standard with
            {
                Poll = TimeSpan.FromSeconds(0.3), Recheck = TimeSpan.FromSeconds(0.1), RetryDelay = TimeSpan.FromSeconds(0.3), CapacityPatience = TimeSpan.FromSeconds(0.5),
                Lease = TimeSpan.FromSeconds(2),
            },
            // What a killed server held, rows and jobs, is free again when its lease is over.
            JobBounds = new JobLimits { Lease = TimeSpan.FromSeconds(2) },
            RelayBounds = new JobRelayLimits { Keep = TimeSpan.FromSeconds(0.5), Rescan = TimeSpan.FromSeconds(0.5), Lease = TimeSpan.FromSeconds(2) },
            Rewire = ports => ports with
            {
                Store = new CrashingStore(ports.Store, crash),
                Providers = ports.Providers.ToDictionary(
                    pair => pair.Key, pair => pair.Value.Traits.SellsGpus ? new CrashingProvider(pair.Value, crash) : pair.Value, StringComparer.Ordinal),
            },
            RewireRelay = relay => new CrashingRelay(relay, crash),
            Wrap = app => app.Use((context, next) => AroundAsync(context, next, crash)),
        };
        await using var host = await RouseHost.StartAsync(options);
        _ = EndWithTheTestAsync();
        await Console.Out.WriteLineAsync("listening");
        await host.WaitForShutdownAsync();
        return 0;
    }

    /// <summary>Its input is a pipe of the test's that carries nothing, and ends with it, however that ends.</summary>
    private static async Task EndWithTheTestAsync()
    {
        await Console.OpenStandardInput().CopyToAsync(Stream.Null);
        Environment.Exit(0);
    }

    /// <summary>Where the point is named at which the server of this data folder ended.</summary>
    public static string CrashFile(string dataFolder) => dataFolder + ".crashed";

    /// <summary>Before a request is looked at, and after all was done and before the caller hears of it.</summary>
    private static async Task AroundAsync(HttpContext context, RequestDelegate next, CrashPoint crash)
    {
        var path = context.Request.Path.Value!;
        var what = path.EndsWith("/reports", StringComparison.Ordinal) ? "report" : path.EndsWith("/run", StringComparison.Ordinal) ? "run" : "deployment";
        if (context.Request.Method is "GET")
        {
            await next(context);
            return;
        }

        // Held back until the point is passed: an answer that left would have told the caller.
        var body = context.Response.Body;
        using var held = new MemoryStream();
        context.Response.Body = held;
        await crash.AroundAsync($"api.{context.Request.Method.ToLowerInvariant()}-{what}", async () => await next(context));
        context.Response.Body = body;
        held.Position = 0;
        await held.CopyToAsync(body);
    }
}
