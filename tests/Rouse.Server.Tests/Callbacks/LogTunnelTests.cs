using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Rouse.FakeRunpod;
using Rouse.FakeRunpod.Workers;
using Rouse.Server.Tests.Runpod;
using Rouse.TestKit.Hub;
using Rouse.TestKit.Time;

namespace Rouse.Server.Tests.Callbacks;

/// <summary>What a worker far away says is there for whoever watches: bounded, in one line each, without secrets, after a restart too.</summary>
public sealed class LogTunnelTests : IAsyncLifetime
{
    // Of a form that no pattern knows: it is hidden because it is known.
    private const string HubToken = FakeHub.Token;

    private RunpodBench _bench = null!;
    private string _id = "";
    private JsonObject _worker = [];
    private int _reports;

    public async Task InitializeAsync()
    {
        _bench = await RunpodBench.StartAsync(options => options with { Oversight = new WorkerOversight { LogStreamMaxEntries = 20 } });
        _bench.Workers.Plan = static _ => new SimulatedPlan { End = SimulatedEnd.Hangs };
        _id = await _bench.DeployAsync($$""","hf_token":"{{HubToken}}" """);
        await _bench.UntilAsync(_id, "creating_endpoint");
        await Eventually.TrueAsync(() => _bench.Runpod.Endpoints().Count == 1);
        _worker = (JsonObject)_bench.Runpod.Endpoints()[0].Settings["env"]!;
    }

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [Fact]
    public async Task Secrets_OfAWorkerThatHidesNothing_NeitherReachTheReaderNorTheDisk_AndTheRestOfTheLineDoes()
    {
        string[] secrets =
        [
            HubToken, (string)_worker["ROUSE_CALLBACK_SECRET"]!, FakeRunpodServer.Key, "rpa_0123456789ABCDEFGHIJKLMNOPQRSTUV",
            "hf_" + new string('Q', 34), "AKIA" + "IOSFODNN7EXAMPLE",
        ];
        await TellAsync([.. secrets.Select((secret, number) => $"tokenizer {number} of hf_model_id saw {secret} there")]);
        await FailAsync("the tokenizer saw " + HubToken);
        var view = await _bench.UntilAsync(_id, "failed");

        Assert.Equal(
            Enumerable.Range(0, secrets.Length).Select(number => $"tokenizer {number} of hf_model_id saw *** there"),
            view.Logs.Select(line => line.Message).Where(line => line.StartsWith("tokenizer", StringComparison.Ordinal)));
        Assert.Equal("the tokenizer saw ***", view.Error);
        await _bench.Server.Host.DisposeAsync();
        foreach (var file in Directory.EnumerateFiles(Path.Combine(_bench.Server.Folder, "data"), "rouse.db*"))
        {
            var bytes = Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file));
            Assert.All(secrets, secret => Assert.DoesNotContain(secret, bytes, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Stream_TellsEachLineOnce_EndsWithDone_AndGoesOnWhereItEndedAfterARestart()
    {
        await TellAsync("first", "second\r\nevent: status\ndata: {}");
        long seen;
        using (var open = await LogReader.OpenAsync(_bench.Server.Http, _id))
        {
            Assert.Equal("first", Message(await open.NextAsync("log")));
            Assert.Equal(@"second\nevent: status\ndata: {}", Message(await open.NextAsync("log")));
            seen = open.LastId;
        }

        await _bench.Server.RestartAsync(_bench.Options);
        await TellAsync("third");
        await FailAsync("enough");
        var rest = await _bench.Server.ReadStreamAsync($"/v1/deployments/{_id}/logs/stream", seen);

        Assert.Equal(["third"], rest.Where(one => one.Name == "log").Select(one => one.Data.GetProperty("message").GetString()));
        Assert.Equal(["status", "done"], rest.Skip(1).Select(one => one.Name));
        Assert.Equal((_id, "failed"), (rest[^1].Data.GetProperty("deployment_id").GetString(), rest[^1].Data.GetProperty("status").GetString()));
        Assert.Empty(await _bench.Server.ReadStreamAsync($"/v1/deployments/{_id}/logs/stream", rest[^1].Id));
        Assert.Equal(["first", "third"], (await _bench.Server.GetAsync(_id)).Logs.Select(line => line.Message).Where(line => line is "first" or "third"));
    }

    [Fact]
    public async Task Log_KeepsItsNewestLines_AsManyAsWereSet()
    {
        await TellAsync([.. Enumerable.Range(0, 50).Select(number => $"line {number}")]);
        Assert.Equal(Enumerable.Range(30, 20).Select(number => $"line {number}"), (await _bench.Server.GetAsync(_id)).Logs.Select(line => line.Message));
    }

    [Fact]
    public async Task TimesOfAStart_AreTheSame_ToldWithThePhase_AndReadLater()
    {
        // Their fractions of a millisecond make one together, or none.
        var times = new JsonObject { ["loading_model"] = 0.3006, ["warming"] = 0.3526 };
        Assert.Equal(204, await SendAsync(new JsonObject { ["phase"] = "loading_model" }));
        Assert.Equal(204, await SendAsync(new JsonObject { ["phase"] = "ready", ["phase_times"] = times }));
        var told = (await _bench.Server.ReadStreamAsync($"/v1/deployments/{_id}/stream")).Last(one => one.Name == "status").Data.GetProperty("cold_start");
        var read = (await _bench.Server.GetAsync(_id)).ColdStart;
        Assert.Equal((0.301, 0.353, 0.654), (read!.LoadingModelS, read.WarmingS, read.TotalS));
        Assert.Equal((0.301, 0.353, 0.654), (told.GetProperty("loading_model_s").GetDouble(), told.GetProperty("warming_s").GetDouble(), told.GetProperty("total_s").GetDouble()));
    }

    [Fact]
    public async Task WhatANewerWorkerTells_IsRefused_AndWhatFollowsIsTaken()
    {
        Assert.Equal(400, await SendAsync(new JsonObject { ["phase"] = "polishing" }));
        Assert.Equal(400, await SendAsync(new JsonObject { ["phase"] = "loading_model", ["a_new_member"] = 1 }));
        Assert.Equal(204, await SendAsync(new JsonObject { ["phase"] = "ready" }));
        Assert.Equal("ready", (await _bench.Server.GetAsync(_id)).Status);
    }

    private static string? Message(JsonElement data) => data.GetProperty("message").GetString();

    private async Task TellAsync(params string[] lines) => Assert.Equal(204, await SendAsync(new JsonObject
    {
        ["logs"] = new JsonArray([.. lines.Select(JsonNode (line) => new JsonObject { ["timestamp"] = "2026-01-01T00:00:00Z", ["level"] = "INFO", ["message"] = line })]),
    }));

    private async Task FailAsync(string why) =>
        Assert.Equal(204, await SendAsync(new JsonObject { ["phase"] = "failed", ["failure_code"] = "engine_failed", ["failure_message"] = why }));

    private Task<int> SendAsync(JsonObject report)
    {
        (report["worker_id"], report["sequence"]) = ("w", ++_reports);
        return SignedCall.Of(_worker, Encoding.UTF8.GetBytes(report.ToJsonString())).SendAsync(_bench.Server.Http);
    }
}
