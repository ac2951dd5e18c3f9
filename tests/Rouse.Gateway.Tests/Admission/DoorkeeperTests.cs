using Rouse.Core.Deployments;
using Rouse.Core.Ports;
using Rouse.Core.Scheduling;
using Rouse.Gateway.Admission;
using Rouse.TestKit.Time;

namespace Rouse.Gateway.Tests.Admission;

public sealed class DoorkeeperTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public async Task WithAPlaceFree_ItIsGivenAtOnce_AndCountedUntilTheLastByte()
    {
        using var bench = new Bench(_time);
        bench.Ready(Bench.One, new HttpService { Concurrency = 2 });
        var entered = bench.Keeper.EnterAsync(Bench.One, Bench.Held(), default);
        Assert.True(entered.IsCompletedSuccessfully);
        var grant = (await entered).Grant!;
        Assert.Equal(("a", false, TimeSpan.Zero), (grant.Backend.Id, grant.ColdStart, grant.Waited));
        Assert.Equal(new Demand(0, 1, null), bench.Keeper.Of(Bench.One));
        _time.Advance(TimeSpan.FromSeconds(3));
        grant.Dispose();
        grant.Dispose();
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(new Demand(0, 0, _time.GetUtcNow() - TimeSpan.FromSeconds(2)), bench.Keeper.Of(Bench.One));
        Assert.Equal(0, bench.Hints);
    }

    [Fact]
    public async Task WhileItSleeps_ItIsHeld_AndWokenOnce()
    {
        using var bench = new Bench(_time);
        bench.Asleep(Bench.One, new HttpService { Concurrency = 8 });
        var held = Enumerable.Range(0, 5).Select(_ => bench.Keeper.EnterAsync(Bench.One, Bench.Held(), default).AsTask()).ToList();
        Assert.Equal((1, 5), (bench.Hints, bench.Keeper.Of(Bench.One).Held));
        _time.Advance(TimeSpan.FromSeconds(42));
        bench.Ready(Bench.One, new HttpService { Concurrency = 8 });
        foreach (var admitted in await Task.WhenAll(held))
        {
            Assert.Equal((true, TimeSpan.FromSeconds(42)), (admitted.Grant!.ColdStart, admitted.Grant.Waited));
        }

        Assert.Equal(new Demand(0, 5, null), bench.Keeper.Of(Bench.One));
    }

    [Fact]
    public async Task WithNothingAwake_TheClockOfTheWakeRunsOut_AndNobodyWaitsAnyMore()
    {
        using var bench = new Bench(_time);
        bench.Asleep(Bench.One);
        var held = bench.Keeper.EnterAsync(Bench.One, Bench.Held(), default).AsTask();
        _time.Advance(TimeSpan.FromSeconds(299));
        Assert.False(held.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1));
        var refusal = (await held).Refusal!.Value;
        Assert.Equal((AdmissionReason.WakeTimeout, TimeSpan.FromSeconds(1)), (refusal.Reason, refusal.RetryAfter));
        Assert.Equal((2, false), (bench.Hints, bench.Keeper.Of(Bench.One).IsWanted));
    }

    [Fact]
    public async Task WhoeverLeaves_FreesItsPlaceAtOnce()
    {
        using var bench = new Bench(_time);
        bench.Asleep(Bench.One, new HttpService { MaxQueue = 1 });
        using var gone = new CancellationTokenSource();
        var held = bench.Keeper.EnterAsync(Bench.One, Bench.Held(), gone.Token).AsTask();
        Assert.Equal(AdmissionReason.QueueFull, (await bench.Keeper.EnterAsync(Bench.One, Bench.Held(), default)).Refusal!.Value.Reason);
        await gone.CancelAsync();
        Assert.Equal(0, bench.Keeper.Of(Bench.One).Held);
        Assert.Equal(2, bench.Hints);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => held);
        Assert.False(bench.Keeper.EnterAsync(Bench.One, Bench.Held(), default).IsCompleted);
    }

    [Fact]
    public async Task WhenADeploymentEnds_ItsWaitersAreTold_AndItIsForgottenWithItsLastRequest()
    {
        using var bench = new Bench(_time);
        bench.Ready(Bench.One);
        var running = (await bench.Keeper.EnterAsync(Bench.One, Bench.Held(), default)).Grant!;
        var held = bench.Keeper.EnterAsync(Bench.One, Bench.Held(), default).AsTask();
        bench.Routes.Remove(Bench.One);
        Assert.Equal(AdmissionReason.Ended, (await held).Refusal!.Value.Reason);
        Assert.Equal((1, 1), (bench.Keeper.Doors, bench.Keeper.Of(Bench.One).InFlight));
        running.Dispose();
        Assert.Equal(0, bench.Keeper.Doors);
        Assert.Equal(AdmissionReason.Ended, (await bench.Keeper.EnterAsync(Bench.One, Bench.Held(), default)).Refusal!.Value.Reason);
        Assert.Equal(0, bench.Keeper.Doors);
        bench.Ready(Bench.One);
        Assert.NotNull((await bench.Keeper.EnterAsync(Bench.One, Bench.Held(), default)).Grant);
    }

    [Fact]
    public async Task AtAStop_WhatIsHeldIsHandedBack()
    {
        using var bench = new Bench(_time);
        bench.Asleep(Bench.One);
        var held = bench.Keeper.EnterAsync(Bench.One, Bench.Held(), default).AsTask();
        bench.Keeper.BeginStop();
        Assert.Equal(AdmissionReason.Stopping, (await held).Refusal!.Value.Reason);
        bench.Asleep(Bench.Two);
        Assert.Equal(AdmissionReason.Stopping, (await bench.Keeper.EnterAsync(Bench.Two, Bench.Held(), default)).Refusal!.Value.Reason);
    }

    [Fact]
    public async Task OneTenant_TakesNoMoreThanItsShare_AndAnotherHasItsOwn()
    {
        using var bench = new Bench(_time, new AdmissionLimits { TenantPlaces = 20 });
        bench.Asleep(Bench.One, new HttpService { MaxQueue = 100 });
        bench.Asleep(Bench.Two, new HttpService { MaxQueue = 100 }, Bench.Bob);
        for (var i = 0; i < 20; i++) Assert.False(bench.Keeper.EnterAsync(Bench.One, Bench.Held(), default).IsCompleted);
        for (var i = 0; i < 50; i++) Assert.Equal(AdmissionReason.TenantFull, (await bench.Keeper.EnterAsync(Bench.One, Bench.Held(), default)).Refusal!.Value.Reason);
        for (var i = 0; i < 20; i++) Assert.False(bench.Keeper.EnterAsync(Bench.Two, Bench.Held(Bench.Bob), default).IsCompleted);
        Assert.Equal((20, 20), (bench.Keeper.Of(Bench.One).Held, bench.Keeper.Of(Bench.Two).Held));
    }
}
