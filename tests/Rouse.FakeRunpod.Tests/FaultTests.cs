using System.Net;
using System.Text.Json.Nodes;
using Rouse.FakeRunpod.Script;

namespace Rouse.FakeRunpod.Tests;

/// <summary>What a test can have go wrong does go wrong, and so that a client can tell.</summary>
public sealed class FaultTests : ServerFixture
{
    [Fact]
    public async Task ListLag_HidesTheNew_AndKeepsTheDeleted_WhileIdsTellTheTruth()
    {
        Runpod.Script.ListLag = TimeSpan.FromSeconds(30);
        var id = await Client.CreateEndpointAsync(static body => body["workers"]!["max"] = 0);
        Assert.Empty(await ListAsync());
        Assert.Equal(HttpStatusCode.OK, (await Client.GetAsync($"/v2/serverless/{id}")).Status);
        Time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal([id], await ListAsync());
        await Client.DeleteAsync($"/v2/serverless/{id}");
        Assert.Equal([id], await ListAsync());
        Assert.Equal(HttpStatusCode.NotFound, (await Client.GetAsync($"/v2/serverless/{id}")).Status);
        Time.Advance(TimeSpan.FromSeconds(31));
        Assert.Empty(await ListAsync());
    }

    [Theory]
    [InlineData(FaultKind.LostReply, true)]
    [InlineData(FaultKind.CutBeforeEffect, false)]
    public async Task ACutConnection_HasOrHasNotItsEffect(FaultKind kind, bool expected)
    {
        Runpod.Script.Add(new Fault(kind, "POST", "/v2/serverless"));
        await Assert.ThrowsAsync<HttpRequestException>(() => Client.CreateEndpointAsync());
        Assert.Equal(expected, Runpod.Endpoints().Count == 1);
        Assert.Equal(0, Assert.Single(Runpod.Calls).Status);
    }

    [Theory]
    [InlineData(FaultKind.ErrorAfterEffect, true)]
    [InlineData(FaultKind.RefusedBeforeEffect, false)]
    public async Task AServerError_HasOrHasNotItsEffect(FaultKind kind, bool expected)
    {
        Runpod.Script.Add(new Fault(kind, "POST") { Status = 502 });
        Assert.Equal(HttpStatusCode.BadGateway, (await Client.PostAsync("/v2/serverless", Bodies.Endpoint())).Status);
        Assert.Equal(expected, Runpod.Endpoints().Count == 1);
    }

    [Fact]
    public async Task AFault_HitsAsOftenAsAsked_AndOnlyWhatItNames()
    {
        Runpod.Script.Add(new Fault(FaultKind.RefusedBeforeEffect, "GET", "/v2/pods") { Status = 429, RetryAfter = TimeSpan.FromSeconds(7), Times = 2 });
        Assert.Equal(HttpStatusCode.OK, (await Client.GetAsync("/v2/serverless")).Status);
        var refused = await Client.GetAsync("/v2/pods");
        Assert.Equal((HttpStatusCode.TooManyRequests, TimeSpan.FromSeconds(7)), (refused.Status, refused.Headers.RetryAfter!.Delta));
        Assert.Equal(HttpStatusCode.TooManyRequests, (await Client.GetAsync("/v2/pods")).Status);
        Assert.Equal(HttpStatusCode.OK, (await Client.GetAsync("/v2/pods")).Status);
    }

    [Fact]
    public async Task TooManyCalls_AreToldHowLongToWait()
    {
        Runpod.Script.CallsPerMinute = 1;
        var first = await Client.GetAsync("/v2/serverless");
        Assert.Equal("\"minute\";r=0;t=60", Assert.Single(first.Headers.GetValues("RateLimit")));
        Time.Advance(TimeSpan.FromSeconds(20));
        var second = await Client.GetAsync("/v2/serverless");
        Assert.Equal((HttpStatusCode.TooManyRequests, TimeSpan.FromSeconds(40)), (second.Status, second.Headers.RetryAfter!.Delta));
        Time.Advance(TimeSpan.FromSeconds(40));
        Assert.Equal(HttpStatusCode.OK, (await Client.GetAsync("/v2/serverless")).Status);
    }

    [Fact]
    public async Task AShareOfCallsFails_TheSameWithTheSameSeed()
    {
        Assert.Equal(await TryAsync(7), await TryAsync(7));
        Assert.Contains('x', await TryAsync(7));
        Assert.Contains('.', await TryAsync(7));

        static async Task<string> TryAsync(int seed)
        {
            await using var runpod = await FakeRunpodServer.StartAsync(new FakeRunpodOptions { Seed = seed });
            using var client = new Client(runpod);
            runpod.Script.FailureRate = 0.3;
            var outcomes = "";
            for (var i = 0; i < 20; i++)
            {
                try
                {
                    outcomes += (await client.GetAsync("/v2/serverless")).Status == HttpStatusCode.OK ? '.' : 'x';
                }
                catch (HttpRequestException)
                {
                    outcomes += '0';
                }
            }

            return outcomes;
        }
    }

    [Fact]
    public async Task Money_RunsOut()
    {
        Runpod.SetBalance(0);
        Assert.Equal(HttpStatusCode.PaymentRequired, (await Client.PostAsync("/v2/serverless", Bodies.Endpoint())).Status);
        Assert.Equal(HttpStatusCode.PaymentRequired, (await Client.PostAsync("/v2/pods", Bodies.Pod())).Status);
        Runpod.SetBalance(12.5m);
        var asked = await Client.PostAsync("/graphql", new JsonObject { ["query"] = "query { myself { clientBalance currentSpendPerHr } }" });
        Assert.Equal("""{"clientBalance":12.5,"currentSpendPerHr":0}""", asked.Body!["data"]!["myself"]!.ToJsonString());
    }

    [Fact]
    public async Task AtZero_WorkersAndPodsEnd_AndTheBalanceStaysThere()
    {
        Runpod.SetBalance(1.116m + 0.69m);
        await Client.CreateEndpointAsync(static body => body["workers"]!["min"] = 1);
        await Client.PostAsync("/v2/pods", Bodies.Pod());
        Assert.Equal(2, Runpod.LivingContainers());
        Time.Advance(TimeSpan.FromHours(2));
        Assert.Equal(0, Runpod.LivingContainers());
        Assert.Empty(Runpod.Pods());
        Assert.InRange(Runpod.Balance(), -0.01m, 0);
    }

    [Fact]
    public async Task ARevokedKey_OpensNothing()
    {
        Runpod.RevokeKey(FakeRunpodServer.Key);
        Assert.Equal(HttpStatusCode.Unauthorized, (await Client.GetAsync("/v2/serverless")).Status);
    }

    [Fact]
    public async Task DroppedEnv_IsMissingFromTheEcho()
    {
        Runpod.Script.DropEndpointEnv = true;
        var id = await Client.CreateEndpointAsync();
        Assert.Empty((await Client.GetAsync($"/v2/serverless/{id}")).Body!["env"]!.AsObject());
    }

    [Fact]
    public async Task Down_NobodyListens_AndUp_AllIsStillThere()
    {
        var id = await Client.CreateEndpointAsync();
        await Runpod.DownAsync();
        await Assert.ThrowsAsync<HttpRequestException>(() => Client.GetAsync("/v2/serverless"));
        await Runpod.UpAsync();
        Assert.Equal([id], await ListAsync());
    }

    [Fact]
    public async Task TheConsole_ChangesWhatNoCallDid()
    {
        var id = await Client.CreateEndpointAsync();
        Runpod.ClearCalls();
        Runpod.EditEndpoint(id, static settings => (settings["workers"]!["max"], settings["image"]) = (1, "other:2"));
        Assert.Empty(Runpod.Calls);
        var got = (await Client.GetAsync($"/v2/serverless/{id}")).Body!;
        Assert.Equal((1, "other:2"), ((int)got["workers"]!["max"]!, (string)got["image"]!));
        var releases = (await Client.GetAsync($"/v2/serverless/{id}/releases")).Body!;
        Assert.Equal("""[{"field":"image","old":"example/worker:1","new":"other:2"}]""", releases["releases"]![0]!["diff"]!.ToJsonString());
        Runpod.DeleteEndpoint(id);
        Assert.Equal(HttpStatusCode.NotFound, (await Client.GetAsync($"/v2/serverless/{id}")).Status);
    }

    [Fact]
    public async Task ASeededStranger_IsInTheList()
    {
        var stranger = Runpod.SeedEndpoint("rouse-but-not-ours");
        Assert.Equal([stranger], await ListAsync());
    }

    [Fact]
    public async Task TheRecord_TellsWhoCalledWhat_AndIsBounded()
    {
        await Client.GetAsync("/v2/catalog/gpus?include=AVAILABILITY&product=POD");
        var call = Assert.Single(Runpod.Calls);
        Assert.Equal(("GET", "/v2/catalog/gpus", "?include=AVAILABILITY&product=POD", 200, "first"), (call.Method, call.Path, call.Query, call.Status, call.Account));
        var log = new Http.CallLog();
        for (var i = 0; i <= Http.CallLog.MostKept; i++) log.Add(call with { Plane = Http.CallPlane.Jobs, Body = i == 0 ? "" : new string('x', i == 1 ? 70_000 : 1) });
        Assert.Equal((Http.CallLog.MostKept, Http.CallLog.MostOfAJob), (log.Snapshot().Count, log.Snapshot()[0].Body.Length));
    }

    private async Task<string[]> ListAsync() =>
        [.. (await Client.GetAsync("/v2/serverless")).Body!["endpoints"]!.AsArray().Select(static endpoint => (string)endpoint!["id"]!)];
}
