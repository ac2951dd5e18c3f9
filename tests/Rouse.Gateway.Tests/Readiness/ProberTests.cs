using System.Net;
using Rouse.Core;
using Rouse.Core.Deployments;
using Rouse.Core.Ports;
using Rouse.Gateway.Forwarding;
using Rouse.Gateway.Readiness;
using Rouse.Gateway.Routing;
using Rouse.TestKit.Time;

namespace Rouse.Gateway.Tests.Readiness;

/// <summary>A backend is asked until it can work, however far away, and left alone while traffic flows.</summary>
public sealed class ProberTests : IAsyncDisposable
{
    private static readonly DeploymentId s_id = DeploymentId.FromRandom(new byte[Ids.RandomBytes]);
    private static readonly ProbeTarget s_target = new(s_id, new RouteBackend("pod.1", new Uri("http://backend.test/base")), "/health");
    private readonly ManualTime _time = new();
    private readonly Backend _backend;
    private readonly Asked _asked = new();
    private readonly Prober _prober;

    public ProberTests()
    {
        _backend = new Backend(_time);
#pragma warning disable CA2000 // the backend itself is disposed with the test
        var way = new HttpMessageInvoker(_backend, disposeHandler: false);
#pragma warning restore CA2000
        _prober = new Prober(new BackendHttp(way, way), _asked, new ProbeBounds(), _time);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(70)]
    [InlineData(300)]
    [InlineData(1_000)]
    [InlineData(3_000)]
    public async Task ABackend_BecomesReady_AtAnyDistance(int milliseconds)
    {
        _backend.Takes = TimeSpan.FromMilliseconds(milliseconds);
        _asked.Now = new Demand(Held: 1, InFlight: 0, LastByte: null);
        _prober.Watch(s_target);
        await UntilAsync(() => _prober.Of(s_id, "pod.1").IsReady);
        Assert.Equal("http://backend.test/base/health", _backend.LastAsked);
    }

    [Fact]
    public async Task ABackendThatWarmsUp_IsAskedUntilItIsReady_AndSaysWhyNotUntilThen()
    {
        _backend.Status = HttpStatusCode.NoContent;
        _prober.Watch(s_target);
        await UntilAsync(() => _prober.Of(s_id, "pod.1").State == ReadyState.Warming);
        Assert.Contains("204", _prober.Of(s_id, "pod.1").Why!, StringComparison.Ordinal);
        _backend.Status = HttpStatusCode.OK;
        await UntilAsync(() => _prober.Of(s_id, "pod.1").IsReady);
    }

    [Fact]
    public async Task WhatIsKnown_IsOfThisVeryBackend()
    {
        await ReadyAsync();
        Assert.Equal(default, _prober.Of(s_id, "pod.2"));
        _backend.Status = HttpStatusCode.BadGateway;
        _prober.Watch(s_target with { Backend = s_target.Backend with { Id = "pod.2" } });
        Assert.False(_prober.Of(s_id, "pod.1").IsReady || _prober.Of(s_id, "pod.2").IsReady);
        _prober.Forget(s_id);
        Assert.Equal(default, _prober.Of(s_id, "pod.2"));
    }

    [Fact]
    public async Task WhileTrafficFlows_NobodyIsAsked()
    {
        await ReadyAsync();
        _asked.Now = new Demand(Held: 0, InFlight: 1, LastByte: null);
        var asks = _backend.Asks;
        for (var i = 0; i < 10; i++) await StepAsync();
        Assert.Equal(asks, _backend.Asks);
        // The same pauses without traffic.
        _asked.Now = default;
        await UntilAsync(() => _backend.Asks > asks);
    }

    [Fact]
    public async Task WhatIsKeptAwakeByAsking_IsAskedWhileSomebodyWaits_AndNeverOtherwise()
    {
        await ReadyAsync();
        _prober.Watch(s_target, isSparing: true);
        var asks = _backend.Asks;
        for (var i = 0; i < 10; i++) await StepAsync();
        Assert.Equal(asks, _backend.Asks);
        Assert.True(_prober.Of(s_id, "pod.1").IsReady);

        // Nothing is known of it after a restart: nobody waits, so nobody is to pay for knowing.
        _prober.Forget(s_id);
        _prober.Watch(s_target, isSparing: true);
        for (var i = 0; i < 10; i++) await StepAsync();
        Assert.Equal(asks, _backend.Asks);
        _asked.Now = new Demand(Held: 1, InFlight: 0, LastByte: null);
        _prober.Hurry(s_id);
        await UntilAsync(() => _prober.Of(s_id, "pod.1").IsReady);
    }

    [Fact]
    public async Task AReadyBackendThatARequestFoundUnreachable_IsAskedAtOnce_AndBelieved()
    {
        await ReadyAsync();
        _asked.Now = new Demand(Held: 0, InFlight: 1, LastByte: null);
        _backend.Status = HttpStatusCode.BadGateway;
        var at = _time.GetUtcNow();
        _prober.Doubt("pod.1");
        await Eventually.TrueAsync(() => !_prober.Of(s_id, "pod.1").IsReady);
        Assert.Equal(at, _time.GetUtcNow());
    }

    [Fact]
    public async Task AQuietBackend_IsNotGivenUpForOneAskThatNobodyHeard()
    {
        await ReadyAsync();
        List<bool> told = [];
        _prober.Changed += id => told.Add(_prober.Of(id, "pod.1").IsReady);
        var asks = _backend.Asks;
        _backend.BreaksOnce = true;
        await UntilAsync(() => _backend.Asks >= asks + 2);
        Assert.Empty(told);
        _backend.Status = HttpStatusCode.BadGateway;
        await UntilAsync(() => !_prober.Of(s_id, "pod.1").IsReady);
        Assert.Equal([false], told);
    }

    public async ValueTask DisposeAsync()
    {
        await _prober.DisposeAsync();
        _backend.Dispose();
    }

    private async Task ReadyAsync()
    {
        _prober.Watch(s_target);
        await UntilAsync(() => _prober.Of(s_id, "pod.1").IsReady);
    }

    private Task UntilAsync(Func<bool> condition) => Eventually.TrueAsync(() =>
    {
        if (condition()) return true;
        Step();
        return condition();
    });

    private async Task StepAsync()
    {
        await Eventually.TrueAsync(() => _time.NextTimer is not null);
        Step();
    }

    private void Step()
    {
        if (_time.NextTimer is { } next && next > _time.GetUtcNow()) _time.Advance(next - _time.GetUtcNow());
    }

    private sealed class Asked : IDemand
    {
        public Demand Now { get; set; }

        public Demand Of(DeploymentId deployment) => Now;
    }

    private sealed class Backend(TimeProvider time) : HttpMessageHandler
    {
        private int _asks;

        public int Asks => Volatile.Read(ref _asks);

        public TimeSpan Takes { get; set; }

        public HttpStatusCode Status { get; set; } = HttpStatusCode.OK;

        public bool BreaksOnce { get; set; }

        public string? LastAsked { get; private set; }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            LastAsked = request.RequestUri!.AbsoluteUri;
            if (Takes > TimeSpan.Zero) await Task.Delay(Takes, time, cancellationToken);
            Interlocked.Increment(ref _asks);
            if (!BreaksOnce) return new HttpResponseMessage(Status);
            BreaksOnce = false;
            throw new HttpRequestException("reset");
        }
    }
}
