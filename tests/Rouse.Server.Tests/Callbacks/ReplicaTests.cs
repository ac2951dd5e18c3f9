using System.Text;
using System.Text.Json.Nodes;
using Rouse.FakeRunpod.Workers;
using Rouse.Server.Tests.Host;
using Rouse.Server.Tests.Runpod;
using Rouse.TestKit.Postgres;
using Rouse.TestKit.Time;

namespace Rouse.Server.Tests.Callbacks;

/// <summary>Two servers on one database, as behind a load balancer: what one is told the other shows.</summary>
public sealed class ReplicaTests
{
    [PostgresFact]
    public async Task Stream_OnOneReplica_ShowsWithinASecondAndAHalf_WhatAnotherWasTold()
    {
        var location = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        await using var bench = await RunpodBench.StartAsync(options => options with { Database = location });
        bench.Workers.Plan = static _ => new SimulatedPlan { End = SimulatedEnd.Hangs };
        // Replicas are given the same keys.
        await using var second = await TestServer.StartAsync(options =>
        {
            CopyKeys(Path.Combine(bench.Server.Folder, "data", "keys"), Path.Combine(options.DataFolder, "keys"));
            return bench.Options(options) with { Database = location };
        });
        var id = await bench.DeployAsync();
        await bench.UntilAsync(id, "creating_endpoint");
        await Eventually.TrueAsync(() => bench.Runpod.Endpoints().Count == 1);
        var worker = (JsonObject)bench.Runpod.Endpoints()[0].Settings["env"]!;
        using var watched = await LogReader.OpenAsync(second.Http, id);
        await TellAsync(worker, bench.Server.Http, 1, "warm");
        Assert.Equal("warm", (await watched.NextAsync("log")).GetProperty("message").GetString());

        List<double> took = [];
        for (var round = 2; round <= 6; round++)
        {
            var started = TimeProvider.System.GetTimestamp();
            await TellAsync(worker, bench.Server.Http, round, $"line {round}");
            Assert.Equal($"line {round}", (await watched.NextAsync("log")).GetProperty("message").GetString());
            took.Add(TimeProvider.System.GetElapsedTime(started).TotalSeconds);
        }

        // The machine may stand still for a moment, not for most of them.
        Assert.InRange(took.Order().ElementAt(took.Count / 2), 0, 1.5);

        // Told to the other replica this time, and twice, once to each: one line.
        var call = Call(worker, 7, "to both");
        Assert.Equal((204, 204), (await call.SendAsync(second.Http), await call.SendAsync(bench.Server.Http)));
        Assert.Single((await bench.Server.GetAsync(id)).Logs, line => line.Message == "to both");
    }

    private static async Task TellAsync(JsonObject worker, HttpClient http, int sequence, string line) =>
        Assert.Equal(204, await Call(worker, sequence, line).SendAsync(http));

    private static SignedCall Call(JsonObject worker, int sequence, string line) => SignedCall.Of(worker, Encoding.UTF8.GetBytes(
        $$"""{"worker_id":"w","sequence":{{sequence}},"logs":[{"timestamp":"2026-01-01T00:00:00Z","level":"INFO","message":"{{line}}"}]}"""));

    private static void CopyKeys(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from)) File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
    }
}
