using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Rouse.FakeRunpod;
using Rouse.Gateway.Readiness;
using Rouse.Server.Tests.Host;
using Rouse.TestKit.Time;

namespace Rouse.Server.Tests.Runpod;

/// <summary>A service's image on Runpod Serverless, through a whole server: it costs while it is asked, and not for being looked at.</summary>
public sealed class ServiceEndpointTests : IAsyncLifetime
{
    private RunpodBench _bench = null!;
    private WebApplication _app = null!;
    private int _health;
    private string? _authorization;

    private FakeRunpodServer Runpod => _bench.Runpod;

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.Run(AnswerAsync);
        await _app.StartAsync();
        // Were a ready backend asked as often as any other, it would be within this test.
        _bench = await RunpodBench.StartAsync(options => options with { Probes = new ProbeBounds { IdlePause = TimeSpan.FromSeconds(0.1), ReadyPause = TimeSpan.FromSeconds(0.2) } });
        Runpod.WorkerServer = (_, _) => new Uri(_app.Urls.First());
    }

    public async Task DisposeAsync()
    {
        await _bench.DisposeAsync();
        await _app.DisposeAsync();
    }

    [Fact]
    public async Task ItWakesByRequests_SleepsWithoutThem_AndLeavesNothing()
    {
        var id = await _bench.Server.DeployAsync("""{"service":{"image":"acme/tts:1","health_path":"/fine"},"provider":"runpod","workers":{"max":2,"idle_timeout_seconds":2}}""");
        var ready = await _bench.UntilAsync(id, "ready");
        Assert.Equal(("runpod", 1), (ready.Provider, ready.Attempt));
        var endpoint = Assert.Single(Runpod.Endpoints());
        Assert.Equal((0, 2, "LOAD_BALANCER"), (endpoint.WorkersMin, endpoint.WorkersMax, (string?)endpoint.Settings["type"]));

        // Asleep: no worker costs, and nobody's looking wakes one.
        await _bench.UntilAsync(id, "hibernated");
        await Eventually.TrueAsync(() => Runpod.LivingContainers() == 0);
        var asked = Volatile.Read(ref _health);
        var looks = Runpod.Calls.Count(call => call is { Method: "GET", Path: "/v2/serverless" });
        await Eventually.TrueAsync(() => Runpod.Calls.Count(call => call is { Method: "GET", Path: "/v2/serverless" }) >= looks + 4);
        Assert.Equal((0, asked), (Runpod.LivingContainers(), Volatile.Read(ref _health)));

        var (status, body) = await SayAsync(id);
        Assert.Equal((200, "said"), (status, body));
        Assert.Equal("Bearer " + FakeRunpodServer.Key, _authorization);
        Assert.True(Runpod.LivingContainers() is 1 or 2);
        Assert.DoesNotContain(Runpod.Calls, call => call.Path.EndsWith("/run", StringComparison.Ordinal));

        await _bench.UntilAsync(id, "hibernated");
        await _bench.DeleteAsync(id);
        await _bench.UntilAsync(id, view => view.ResourcesReleasedAt is not null);
        Assert.Empty(Runpod.Endpoints());
        await Eventually.TrueAsync(() => Runpod.LivingContainers() == 0);
    }

    [Fact]
    public async Task QueuedRequests_AreForwardedToo_AndNoJobIsHandedToRunpod()
    {
        var id = await _bench.Server.DeployAsync("""{"service":{"image":"acme/tts:1","health_path":"/fine"},"provider":"runpod"}""");
        await _bench.UntilAsync(id, "ready");
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/d/{id}/say");
        request.Headers.TryAddWithoutValidation("Prefer", "respond-async");
        using var accepted = await _bench.Server.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.Accepted, accepted.StatusCode);
        await Eventually.TrueAsync(() => Volatile.Read(ref _authorization) is not null);
        Assert.DoesNotContain(Runpod.Calls, call => call.Path.EndsWith("/run", StringComparison.Ordinal));
        await _bench.DeleteAsync(id);
    }

    private async Task<(int Status, string Body)> SayAsync(string id)
    {
        using var answer = await _bench.Server.Http.GetAsync(new Uri($"/d/{id}/say", UriKind.Relative));
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    private Task AnswerAsync(HttpContext context)
    {
        if (context.Request.Path == "/fine")
        {
            Interlocked.Increment(ref _health);
            return context.Response.WriteAsync("fine");
        }

        Volatile.Write(ref _authorization, context.Request.Headers.Authorization.ToString());
        return context.Response.WriteAsync("said");
    }
}
