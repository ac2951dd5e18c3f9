using System.Text.Json.Nodes;
using Rouse.FakeRunpod;
using Rouse.FakeRunpod.Script;
using Rouse.TestKit.Time;

namespace Rouse.Server.Tests.Runpod;

/// <summary>Whatever Runpod, its network, its console or its accountant do: a named state, no second GPU, and nothing left behind.</summary>
public sealed class RunpodFaultTests : IAsyncLifetime
{
    private RunpodBench _bench = null!;

    private FakeRunpodServer Runpod => _bench.Runpod;

    public async Task InitializeAsync() => _bench = await RunpodBench.StartAsync();

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [Fact]
    public async Task LostReplyOfACreate_IsLookedFor_AndNeverMadeTwice()
    {
        Runpod.Script.Add(new Fault(FaultKind.LostReply, "POST", "/v2/serverless"));
        var ready = await _bench.UntilAsync(await _bench.DeployAsync(), "ready");
        Assert.Equal((1, ready.RunpodEndpointId), (ready.Attempt, Assert.Single(Runpod.Endpoints()).Id));
        Assert.Single(Runpod.Calls, call => call is { Method: "POST", Path: "/v2/serverless" });
    }

    [Fact]
    public async Task CreateThatFailedUnseen_IsTriedAgainOnlyAfterTheListWasTheTruth()
    {
        Runpod.Script.Add(new Fault(FaultKind.CutBeforeEffect, "POST", "/v2/serverless"));
        var ready = await _bench.UntilAsync(await _bench.DeployAsync(), "ready");
        Assert.Equal(2, ready.Attempt);
        Assert.Single(Runpod.Endpoints());
    }

    [Theory]
    [InlineData(402, "Your balance is too low: insufficient credit.", "balance")]
    [InlineData(400, "Max workers across all endpoints must not exceed your workers quota (5).", "quota")]
    [InlineData(422, "name is too long", "provider_rejected")]
    [InlineData(401, "Unauthorized", "provider_unauthorized")]
    public async Task RefusalThatWaitingDoesNotCure_EndsTheDeploymentUnderItsName(int status, string detail, string code)
    {
        Runpod.Script.Add(new Fault(FaultKind.RefusedBeforeEffect, "POST", "/v2/serverless") { Status = status, Detail = detail });
        await _bench.FailsAsync(await _bench.DeployAsync(), code);
    }

    [Fact]
    public async Task HalfOfAllCallsFailing_EndsReadyWithOneEndpoint_AndDeletesItWhole()
    {
        Runpod.Script.FailureRate = 0.5;
        var id = await _bench.DeployAsync();
        await _bench.UntilAsync(id, "ready");
        Runpod.Script.FailureRate = 0;
        await Eventually.TrueAsync(() => Runpod.Endpoints().Count == 1);
        Runpod.Script.FailureRate = 0.5;
        await _bench.DeleteAsync(id);
        Runpod.Script.FailureRate = 0;
        await Eventually.TrueAsync(() => Runpod.Endpoints().Count == 0 && Runpod.LivingContainers() == 0);
    }

    [Fact]
    public async Task RunpodAway_IsSaid_AndTheDeploymentGoesOnWhenItIsBack()
    {
        await Runpod.DownAsync();
        var id = await _bench.DeployAsync();
        var waiting = await _bench.UntilAsync(id, view => view.WaitingFor is not null);
        Assert.Equal("provider_unavailable", waiting.WaitingCode);
        await Runpod.UpAsync();
        await _bench.UntilAsync(id, "ready");
    }

    [Fact]
    public async Task RevokedKey_IsSaid_WhileTheDeleteWaitsForAKeyThatWorks()
    {
        var id = await _bench.DeployAsync();
        await _bench.UntilAsync(id, "ready");
        Runpod.RevokeKey(FakeRunpodServer.Key);
        Assert.Equal(204, (await _bench.Server.SendAsync(HttpMethod.Delete, $"/v1/deployments/{id}")).Status);
        Assert.Equal("provider_unauthorized", (await _bench.UntilAsync(id, view => view.WaitingCode is not null)).WaitingCode);
        Assert.Equal("deleting", (await _bench.Server.GetAsync(id)).Status);
        Runpod.AddAccount("first", 0, FakeRunpodServer.Key);
        await _bench.Server.RestartAsync(_bench.Options);
        await _bench.UntilAsync(id, "deleted");
        Assert.Empty(Runpod.Endpoints());
    }

    [Fact]
    public async Task C4_KeyOfTheCaller_IsTheAccountThatIsUsed_ForTheDeleteToo()
    {
        Runpod.AddAccount("second", 50, "rpa_the_key_of_a_caller");
        var id = await _bench.DeployAsync(""","user_runpod_key":"rpa_the_key_of_a_caller" """);
        await _bench.UntilAsync(id, "ready");
        Assert.Empty(Runpod.Endpoints());
        Assert.Single(Runpod.Endpoints("second"));
        await _bench.Server.RestartAsync(_bench.Options);
        await _bench.DeleteAsync(id);
        Assert.Empty(Runpod.Endpoints("second"));
        await _bench.Server.Host.DisposeAsync();
        foreach (var file in Directory.EnumerateFiles(_bench.Server.Folder, "*", SearchOption.AllDirectories))
        {
            Assert.DoesNotContain("rpa_the_key", System.Text.Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file)), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task WarmDeployment_SharesTheEndpoint_AndDeletingOneNeverKillsTheOther()
    {
        var host = await _bench.DeployAsync();
        await _bench.UntilAsync(host, "ready");
        var (_, reply) = await _bench.Server.SendAsync(
            HttpMethod.Post, "/v1/deployments", $$"""{"hf_model_id":"{{RunpodBench.Model}}","name":"other","workers":{"scaler_value":0.5 } }""");
        Assert.Equal(("warm_ready", "warm"), (reply.GetProperty("status").GetString(), reply.GetProperty("path").GetString()));
        var guest = reply.GetProperty("deployment_id").GetString()!;
        var endpoint = Assert.Single(Runpod.Endpoints()).Id;
        Assert.Equal(("ready", endpoint), ((await _bench.Server.GetAsync(guest)).Status, (await _bench.Server.GetAsync(guest)).RunpodEndpointId));

        await _bench.DeleteAsync(host);
        await SettleAsync(guest);
        Assert.Equal(endpoint, Assert.Single(Runpod.Endpoints()).Id);
        Assert.Equal("ready", (await _bench.Server.GetAsync(guest)).Status);
        var (_, report) = await _bench.Server.SendAsync(HttpMethod.Post, "/v1/cleanup", "{}");
        Assert.Empty(report.GetProperty("orphans").EnumerateArray());

        await _bench.DeleteAsync(guest);
        await Eventually.TrueAsync(() => Runpod.Endpoints().Count == 0);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 3)]
    public async Task Drift_IsSeenToldAndRestored(int min, int max)
    {
        var id = await _bench.DeployAsync();
        var ready = await _bench.UntilAsync(id, "ready");
        Runpod.EditEndpoint(ready.RunpodEndpointId!, settings => (settings["workers"]!["min"], settings["workers"]!["max"]) = (min, max));
        await Eventually.TrueAsync(() => Runpod.Endpoints() is [{ WorkersMin: 0, WorkersMax: 1 }]);
        await _bench.UntilAsync(id, view => view.Logs.Any(line => line.Message.Contains("Restored", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Drift_IsTakenOver_WhereThatIsThePolicy()
    {
        var id = await _bench.DeployAsync(""","drift":"adopt" """);
        var ready = await _bench.UntilAsync(id, "ready");
        Runpod.EditEndpoint(ready.RunpodEndpointId!, settings => settings["workers"]!["max"] = 3);
        await _bench.UntilAsync(id, view => view.Logs.Any(line => line.Message.Contains("0 to 3 workers", StringComparison.Ordinal)));
        await SettleAsync(id);
        Assert.Equal(3, Assert.Single(Runpod.Endpoints()).WorkersMax);
    }

    [Fact]
    public async Task WarmWindow_KeepsAWorkerFromItsBeginningToItsEnd()
    {
        var shift = TimeSpan.FromHours(6);
        var inside = TimeOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime);
        var hours = $"{inside.AddHours(-3):HH\\:mm}-{inside.AddHours(3):HH\\:mm}";
        var clock = new ShiftedTime();
        await using var bench = await RunpodBench.StartAsync(options => options with { Time = clock });
        var id = await bench.DeployAsync(workers: $$""","pool":"scheduled","schedule":{"hours":"{{hours}}"}""");
        var ready = await bench.UntilAsync(id, "ready");
        Assert.Equal(("scheduled", 1), (ready.Pool.Mode, ready.Pool.KeptWorkers));
        await Eventually.TrueAsync(() => bench.Runpod.Endpoints() is [{ WorkersMin: 1, WorkersMax: 1 }]);

        clock.Shift = shift;
        await Eventually.TrueAsync(() => bench.Runpod.Endpoints() is [{ WorkersMin: 0, WorkersMax: 1 }]);
        Assert.Equal(0, (await bench.Server.GetAsync(id)).Pool.KeptWorkers);
        await bench.UntilAsync(id, view => view.Logs.Any(line => line.Message.Contains("warm window is over", StringComparison.Ordinal)));

        clock.Shift = TimeSpan.FromDays(1);
        await Eventually.TrueAsync(() => bench.Runpod.Endpoints() is [{ WorkersMin: 1, WorkersMax: 1 }]);
        await bench.UntilAsync(id, view => view.Logs.Any(line => line.Message.Contains("warm window has begun", StringComparison.Ordinal)));
        Assert.DoesNotContain((await bench.Server.GetAsync(id)).Logs, line => line.Message.Contains("Restored", StringComparison.Ordinal));
    }

    /// <summary>The machine's clock, put forward: its timers run as ever.</summary>
    private sealed class ShiftedTime : TimeProvider
    {
        private long _ticks;

        public TimeSpan Shift
        {
            set => Interlocked.Exchange(ref _ticks, value.Ticks);
        }

        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref _ticks));
    }

    [Fact]
    public async Task EndpointDeletedInTheConsole_IsMadeAnew_AndOnlyOnce()
    {
        var id = await _bench.DeployAsync();
        var ready = await _bench.UntilAsync(id, "ready");
        Runpod.DeleteEndpoint(ready.RunpodEndpointId!);
        var again = await _bench.UntilAsync(id, view => view is { Status: "ready", Attempt: 2 });
        Assert.Equal(again.RunpodEndpointId, Assert.Single(Runpod.Endpoints()).Id);
    }

    [Fact]
    public async Task Cleanup_RemovesWhatNobodyClaims_AndNothingThatMerelyLooksLikeOurs()
    {
        var id = await _bench.DeployAsync();
        var ready = await _bench.UntilAsync(id, "ready");
        var name = Assert.Single(Runpod.Endpoints()).Name;
        var ours = name.Split('-');
        var orphan = Runpod.SeedEndpoint(string.Join('-', ours[0], ours[1], ours[2], "9"), workersMax: 1);
        string[] foreign =
        [
            Runpod.SeedEndpoint($"{ours[0]}-{ours[1]}-production"), Runpod.SeedEndpoint($"{ours[0]}-00000000-{ours[2]}-1"),
            Runpod.SeedEndpoint($"x{name}"), Runpod.SeedEndpoint($"{name}-1"), Runpod.SeedEndpoint(name.ToUpperInvariant()),
        ];
        // The pass of a living deployment removes an attempt that it never began; so its row is ended first, and the server's own hands are kept off.
        await _bench.Server.RestartAsync(options => _bench.Options(options) with { Limits = limits => limits with { Poll = TimeSpan.FromHours(1) } });
        var (_, dry) = await _bench.Server.SendAsync(HttpMethod.Post, "/v1/cleanup", """{"dry_run":true}""");
        Assert.True(Runpod.Endpoints().Count(endpoint => endpoint.Id == orphan) == dry.GetProperty("orphans").GetArrayLength());
        await _bench.Server.SendAsync(HttpMethod.Post, "/v1/cleanup", "{}");
        await Eventually.TrueAsync(() => Runpod.Endpoints().All(endpoint => endpoint.Id != orphan));
        Assert.Equal(foreign.Append(ready.RunpodEndpointId!).Order(StringComparer.Ordinal), Runpod.Endpoints().Select(endpoint => endpoint.Id).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task O1_RestartInTheMiddleOfAStart_GoesOnWhereItWas()
    {
        Runpod.Script.ImagePull = TimeSpan.FromSeconds(3);
        var id = await _bench.DeployAsync();
        await _bench.UntilAsync(id, view => view.RunpodEndpointId is not null);
        await _bench.Server.RestartAsync(_bench.Options);
        var ready = await _bench.UntilAsync(id, "ready");
        Assert.Equal(1, ready.Attempt);
        Assert.Single(Runpod.Endpoints());
    }

    [Fact]
    public async Task C3_SameRequestManyTimesAtOnce_IsOneDeploymentAndOneEndpoint()
    {
        var body = $$"""{"hf_model_id":"{{RunpodBench.Model}}","workers":{"scaler_value":0.5 } }""";
        var replies = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => _bench.Server.SendAsync(HttpMethod.Post, "/v1/deployments", body, ("Idempotency-Key", "one"))));
        var id = Assert.Single(replies.Select(reply => reply.Body.GetProperty("deployment_id").GetString()).Distinct(StringComparer.Ordinal))!;
        await _bench.UntilAsync(id, "ready");
        Assert.Single(Runpod.Endpoints());
    }

    /// <summary>Two looks at it have gone by, so what was to be done has been done.</summary>
    private async Task SettleAsync(string id)
    {
        var endpoint = (await _bench.Server.GetAsync(id)).RunpodEndpointId;
        Assert.NotNull(endpoint);
        var before = Lists();
        await Eventually.TrueAsync(() => Lists() >= before + 3);
    }

    private int Lists() => Runpod.Calls.Count(call => call is { Method: "GET", Path: "/v2/serverless" });
}
