using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;
using Rouse.Gateway.Admission;
using Rouse.Gateway.Routing;
using Rouse.Gateway.Usage;
using Rouse.Server.Tests.ServiceJobs;
using Rouse.TestKit.Time;
using Xunit.Abstractions;

namespace Rouse.Server.Tests.Forwarding;

/// <summary>Over real sockets: what is held, what is forwarded, and what is said of it.</summary>
public sealed class ForwardRequestTests(ITestOutputHelper output) : IAsyncLifetime
{
    private ServiceApp _app = null!;
    private Backend _backend = null!;

    public async Task InitializeAsync()
    {
        _app = await ServiceApp.StartAsync();
        _backend = await Backend.StartAsync(Backend.Says(200, """{"ok":true}"""));
    }

    public async Task DisposeAsync()
    {
        await _app.DisposeAsync();
        await _backend.DisposeAsync();
    }

    [Fact]
    public async Task WithAPlaceFree_PathQueryMethodAndBody_ReachTheService_AndItsAnswerTheCaller()
    {
        var route = _app.AddRoute(_backend.Address, name: "whisper");
        foreach (var word in new[] { route.Deployment.Value, "whisper" })
        {
            var (status, body, response) = await _app.SendAsync(HttpMethod.Put, $"/d/{word}/a%2Fb/c?x=1&y=%20", new StringContent("hello"));
            Assert.Equal((200, true), (status, body.GetProperty("ok").GetBoolean()));
            Assert.Equal(("false", "0"), (Header(response, "X-Rouse-Cold-Start"), Header(response, "X-Rouse-Waited-Ms")));
            Assert.True(_backend.Requests.TryDequeue(out var seen));
            Assert.Equal(("PUT", "/a%2Fb/c?x=1&y=%20", Sha256("hello")), (seen.Method, seen.Target, seen.Sha256));
            Assert.DoesNotContain("Authorization", seen.Headers.Keys);
        }

        Assert.False(Demand(route).IsWanted);
    }

    [Fact]
    public async Task WhileItSleeps_TheRequestIsHeld_AndGoesWhenItIsAwake()
    {
        var route = _app.AddRoute(backend: null);
        var sending = _app.SendAsync(HttpMethod.Post, $"/d/{route.Deployment}/x", new StringContent("body"));
        await Eventually.TrueAsync(() => Demand(route).Held == 1);
        Assert.Equal(1, ((ServiceApp.Alarm)_app.Get<IBackendWaker>()).Rings);
        var began = Stopwatch.GetTimestamp();
        Awake(route);
        var (status, _, response) = await sending;
        output.WriteLine($"ready to answered: {Stopwatch.GetElapsedTime(began).TotalMilliseconds:0.0} ms");
        Assert.Equal((200, "true"), (status, Header(response, "X-Rouse-Cold-Start")));
        Assert.True(int.Parse(Header(response, "X-Rouse-Waited-Ms"), System.Globalization.CultureInfo.InvariantCulture) >= 0);
        Assert.Single(_backend.Requests);
    }

    [Fact]
    public async Task WithAWaitOfItsOwn_ItIsRefusedInTime_WithWhatToExpect()
    {
        var route = _app.AddRoute(backend: null);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/d/{route.Deployment}/x");
        request.Headers.Add("Prefer", "return=minimal, wait=1");
        using var response = await _app.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.GatewayTimeout, response.StatusCode);
        Assert.Contains("\"WAKE_TIMEOUT\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(("wait=1", "1"), (Header(response, "Preference-Applied"), Header(response, "X-Rouse-Queue-Position")));
        Assert.True(response.Headers.RetryAfter!.Delta > TimeSpan.Zero);
        Assert.Equal("179", Header(response, "X-Rouse-Expected-Wait-Seconds"));
        Assert.Empty(_backend.Requests);
    }

    [Fact]
    public async Task WhoeverLeavesWhileItIsHeld_NeverReachesTheService()
    {
        var route = _app.AddRoute(backend: null, service => service with { MaxQueue = 1 });
        using var gone = new CancellationTokenSource();
        var leaving = _app.Http.GetAsync(new Uri($"/d/{route.Deployment}/leaves", UriKind.Relative), gone.Token);
        await Eventually.TrueAsync(() => Demand(route).Held == 1);
        Assert.Equal(429, (await _app.SendAsync(HttpMethod.Get, $"/d/{route.Deployment}/too-many")).Status);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving);
        await Eventually.TrueAsync(() => Demand(route).Held == 0);
        Awake(route);
        Assert.Equal(200, (await _app.SendAsync(HttpMethod.Get, $"/d/{route.Deployment}/stays")).Status);
        Assert.Equal("/stays", Assert.Single(_backend.Requests).Target);
    }

    [Fact]
    public async Task AnotherTenantsService_IsUnknown()
    {
        var route = _app.AddRoute(_backend.Address, name: "whisper");
        foreach (var word in new[] { route.Deployment.Value, "whisper", "dep_00000000000000000000000000" })
        {
            var (status, body, _) = await _app.SendAsync(HttpMethod.Get, $"/d/{word}/x", client: _app.Other);
            Assert.Equal((404, "DEPLOYMENT_NOT_FOUND"), (status, body.GetProperty("code").GetString()));
        }

        using var stranger = new HttpClient { BaseAddress = _app.Http.BaseAddress };
        Assert.Equal(401, (await _app.SendAsync(HttpMethod.Get, $"/d/{route.Deployment}/x", client: stranger)).Status);
        Assert.Empty(_backend.Requests);
    }

    [Fact]
    public async Task WhatExpectsAContinue_GetsItOnlyWithItsPlace()
    {
        var route = _app.AddRoute(backend: null);
        using var body = new ToldContent("big body"u8.ToArray());
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/d/{route.Deployment}/x") { Content = body };
        request.Headers.ExpectContinue = true;
        using var patient = new HttpClient(new SocketsHttpHandler { Expect100ContinueTimeout = TimeSpan.FromMinutes(1) }) { BaseAddress = _app.Http.BaseAddress };
        patient.DefaultRequestHeaders.Authorization = _app.Http.DefaultRequestHeaders.Authorization;
        var sending = patient.SendAsync(request);
        await Eventually.TrueAsync(() => Demand(route).Held == 1);
        Assert.False(body.IsAsked);
        Awake(route);
        using var response = await sending;
        Assert.Equal((HttpStatusCode.OK, true), (response.StatusCode, body.IsAsked));
        Assert.Equal(Sha256("big body"), Assert.Single(_backend.Requests).Sha256);
    }

    [Fact]
    public async Task ABackendThatIsNotThere_IsTriedTwice_AndSaidToBeUnreachable()
    {
        var route = _app.AddRoute(new Uri("http://127.0.0.1:1"));
        var (status, body, response) = await _app.SendAsync(HttpMethod.Post, $"/d/{route.Deployment}/x", new StringContent("body"));
        Assert.Equal((502, "BACKEND_UNREACHABLE", "false"), (status, body.GetProperty("code").GetString(), Header(response, "X-Rouse-Cold-Start")));
        Assert.False(Demand(route).IsWanted);
    }

    [Fact]
    public async Task ABodyThatIsTooLarge_IsRefusedBeforeItIsHeld_AndAnEndedServiceTakesNothing()
    {
        var route = _app.AddRoute(backend: null, service => service with { MaxBodyBytes = 4 });
        var (status, body, _) = await _app.SendAsync(HttpMethod.Post, $"/d/{route.Deployment}/x", new StringContent("12345"));
        Assert.Equal((413, "BODY_TOO_LARGE"), (status, body.GetProperty("code").GetString()));
        _app.Get<RouteTable>().Set(route with { State = RouteState.Ended });
        (status, body, _) = await _app.SendAsync(HttpMethod.Get, $"/d/{route.Deployment}/x");
        Assert.Equal((409, "DEPLOYMENT_ENDED"), (status, body.GetProperty("code").GetString()));
    }

    [Fact]
    public async Task AtAStop_WhatIsHeldIsHandedBack()
    {
        var route = _app.AddRoute(backend: null);
        var sending = _app.SendAsync(HttpMethod.Get, $"/d/{route.Deployment}/x");
        await Eventually.TrueAsync(() => Demand(route).Held == 1);
        _app.Get<Microsoft.Extensions.Hosting.IHostApplicationLifetime>().StopApplication();
        var (status, body, response) = await sending;
        Assert.Equal((503, "STOPPING"), (status, body.GetProperty("code").GetString()));
        Assert.NotNull(response.Headers.RetryAfter);
    }

    [Fact]
    public async Task AnAnswerWithoutABody_IsRelayedAsItIs_AndEachRequestIsCountedOnce()
    {
        await using var backend = await Backend.StartAsync(static (context, _) =>
        {
            context.Response.StatusCode = 404;
            return Task.CompletedTask;
        });
        var route = _app.AddRoute(backend.Address);
        using var response = await _app.Http.PostAsync(new Uri($"/d/{route.Deployment}/x", UriKind.Relative), new StringContent("12345"));
        Assert.Equal((HttpStatusCode.NotFound, ""), (response.StatusCode, await response.Content.ReadAsStringAsync()));
        RequestUsage usage = default;
        await Eventually.TrueAsync(() => _app.Get<UsageMeter>().Events.TryRead(out usage));
        Assert.Equal((TenantId.Parse("acme"), route.Deployment, RequestKind.Held, 404, 5L), (usage.Tenant, usage.Deployment, usage.Kind, usage.Status, usage.BytesIn));
        Assert.False(_app.Get<UsageMeter>().Events.TryRead(out _));
    }

    [Fact]
    public async Task Events_ArriveAsTheyAreSent_AndCountAsInFlightUntilTheLast()
    {
        using var go = new SemaphoreSlim(0);
        await using var backend = await Backend.StartAsync(async (context, _) =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync("data: one\n\n");
            await context.Response.Body.FlushAsync();
            await go.WaitAsync();
            await context.Response.WriteAsync("data: two\n\n");
        });
        var route = _app.AddRoute(backend.Address);
        using var response = await _app.Http.GetAsync(new Uri($"/d/{route.Deployment}/events", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        Assert.Equal("data: one", await reader.ReadLineAsync());
        Assert.Equal(1, Demand(route).InFlight);
        go.Release();
        Assert.Equal("\ndata: two\n\n", await reader.ReadToEndAsync());
        await Eventually.TrueAsync(() => Demand(route).InFlight == 0);
    }

    private static string Sha256(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static string Header(HttpResponseMessage response, string name) => Assert.Single(response.Headers.GetValues(name));

    private Demand Demand(Route route) => _app.Get<Doorkeeper>().Of(route.Deployment);

    private void Awake(Route route) => _app.Get<RouteTable>().Set(route with { State = RouteState.Ready, Backends = [new RouteBackend("b1", _backend.Address)] });

    /// <summary>Knows whether it was asked for.</summary>
    private sealed class ToldContent(byte[] bytes) : HttpContent
    {
        private int _isAsked;

        public bool IsAsked => Volatile.Read(ref _isAsked) == 1;

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            Volatile.Write(ref _isAsked, 1);
            await stream.WriteAsync(bytes);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = bytes.Length;
            return true;
        }
    }
}
