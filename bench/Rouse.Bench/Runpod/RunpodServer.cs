using Rouse.FakeRunpod;
using Rouse.Server;

namespace Rouse.Bench.Runpod;

/// <summary>
/// The product's server with an account at the given Runpod, all its bounds as they are for the real one. Prints its base URL, serves until its
/// standard input ends.
/// </summary>
internal static class RunpodServer
{
    /// <summary>Of the tenant whose deployments are many, on the server's own account.</summary>
    public const string FleetKey = "the-key-of-the-fleet";

    /// <summary>Of the tenant that cannot get a GPU, who brings a key of its own.</summary>
    public const string StarvedKey = "the-key-of-the-starved";

    public static async Task<int> RunAsync(string[] args)
    {
        if (args is not [var folder, var management, var jobs, var hub]) return 2;
        await using var host = await RouseHost.StartAsync(new RouseHostOptions
        {
            DataFolder = folder,
            Port = 0,
            ApiKeys = $"fleet={FleetKey},starved={StarvedKey}",
            HubEndpoint = hub,
            RequestsPerMinute = 0,
            JobRequestsPerMinute = 0,
            Quiet = true,
            Runpod = new RunpodHostOptions
            {
                ApiKey = FakeRunpodServer.Key, Image = "bench/worker:1", ApiUrl = new Uri(management), JobsUrl = new Uri(jobs), WorkersRunHere = true,
            },
        });
        Console.WriteLine(host.BaseAddress);
        await Console.In.ReadToEndAsync();
        return 0;
    }
}
