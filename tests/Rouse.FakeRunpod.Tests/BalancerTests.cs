using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Rouse.FakeRunpod.Serverless;
using Rouse.TestKit.Time;

namespace Rouse.FakeRunpod.Tests;

/// <summary>An endpoint that speaks HTTP itself: whoever asks wakes it, and waits for its worker.</summary>
public sealed class BalancerTests : ServerFixture
{
    private readonly HttpClient _http = new() { DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", FakeRunpodServer.Key) } };

    [Fact]
    public async Task ARequestWithoutAWorker_IsHeldForTwoMinutes_AndToldThen()
    {
        Runpod.WorkerServer = static (_, _) => null;
        var id = await CreateAsync();
        var began = Time.GetUtcNow();
        var held = _http.GetAsync(Address(id));
        await Eventually.TrueAsync(() => Runpod.Workers(id).Count == 1);
        Assert.Equal(WorkerState.Initializing, Runpod.Workers(id)[0].State);
        await Eventually.TrueAsync(() =>
        {
            if (held.IsCompleted) return true;
            Time.Advance(TimeSpan.FromSeconds(1));
            return held.IsCompleted;
        });
        Assert.True(Time.GetUtcNow() - began >= TimeSpan.FromMinutes(2));
        using var answer = await held;
        Assert.Equal((HttpStatusCode.BadRequest, """{"error":"timed out waiting for worker"}"""), (answer.StatusCode, await answer.Content.ReadAsStringAsync()));
    }

    [Fact]
    public async Task ARequest_IsHandedToAWorkerOnceItIsUp_AndTheWorkerGoesWhenItIdles()
    {
        await using var app = await AnsweringAsync();
        var isUp = false;
        Runpod.WorkerServer = (_, port) => port == 8188 && Volatile.Read(ref isUp) ? new Uri(app.Urls.First()) : null;
        var id = await CreateAsync();
        var held = _http.GetAsync(new Uri($"{Address(id)}/work"));
        await Eventually.TrueAsync(() => Runpod.Workers(id).Count == 1);
        Assert.False(held.IsCompleted);
        Volatile.Write(ref isUp, true);
        await Eventually.TrueAsync(() =>
        {
            Time.Advance(TimeSpan.FromMilliseconds(50));
            return held.IsCompleted;
        });
        Assert.Equal("/work", await (await held).Content.ReadAsStringAsync());
        await Eventually.TrueAsync(() => Runpod.Workers(id).Single().State == WorkerState.Idle);
        Time.Advance(TimeSpan.FromSeconds(5));
        Assert.Empty(Runpod.Workers(id));
    }

    [Fact]
    public async Task OnlyItsAccountsKey_OpensIt_AndAQueueIsNone()
    {
        var id = await CreateAsync();
        using var stranger = new HttpClient();
        Assert.Equal(HttpStatusCode.Unauthorized, (await stranger.GetAsync(Address(id))).StatusCode);
        Runpod.AddAccount("second", 10, "rpa_second");
        stranger.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "rpa_second");
        Assert.Equal(HttpStatusCode.NotFound, (await stranger.GetAsync(Address(id))).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await _http.GetAsync(Address(await Client.CreateEndpointAsync()))).StatusCode);
        Assert.Empty(Runpod.Workers(id));
    }

    private static async Task<WebApplication> AnsweringAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.Run(static context => context.Response.WriteAsync(context.Request.Path));
        await app.StartAsync();
        return app;
    }

    private Task<string> CreateAsync() => Client.CreateEndpointAsync(static body =>
    {
        body["type"] = "LOAD_BALANCER";
        body["scaling"] = JsonNode.Parse("""{"type":"REQUEST_COUNT","requestCount":1}""");
        body["workers"] = JsonNode.Parse("""{"min":0,"max":1,"idleTimeout":5}""");
        body["env"] = JsonNode.Parse("""{"PORT":"8188","HEALTH_CHECK_PATH":"/fine"}""");
    });

    private Uri Address(string id) => new(Runpod.BalancerUrl.Replace("{id}", id, StringComparison.Ordinal));
}
