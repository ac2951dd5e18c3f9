using Rouse.Core.Models;
using Rouse.TestKit.Hub;
using Rouse.TestKit.Time;

namespace Rouse.Server.Tests.Hub;

public sealed class HubCatalogTests
{
    [Fact]
    public async Task ManyWhoAskTheSame_AskTheHubOnce_AndOneWhoLeavesDisturbsNobody()
    {
        await using var bench = await HubBench.StartAsync();
        var hold = new TaskCompletionSource();
        bench.Hub.Script.HoldLists = hold.Task;
        using var leaving = new CancellationTokenSource();
        var gone = bench.Catalog.InspectAsync(HubBench.Model("org/counted"), null, FormatPolicy.Diffusers, leaving.Token);
        var others = Enumerable.Range(0, 50).Select(_ => bench.InspectAsync("org/counted")).ToList();
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        hold.SetResult();
        Assert.All(await Task.WhenAll(others), look => Assert.NotNull(look.Facts));
        Assert.Equal(1, bench.Listings);
    }

    [Fact]
    public async Task AnInspection_IsRememberedForAMinute()
    {
        var time = new ManualTime();
        await using var bench = await HubBench.StartAsync(time: time);
        await bench.InspectAsync("org/counted");
        time.Advance(TimeSpan.FromSeconds(59));
        await bench.InspectAsync("org/counted");
        Assert.Equal(1, bench.Listings);
        time.Advance(TimeSpan.FromSeconds(2));
        await bench.InspectAsync("org/counted");
        Assert.Equal(2, bench.Listings);
    }

    [Fact]
    public async Task ARefusal_IsSoonLookedAtAgain()
    {
        var time = new ManualTime();
        await using var bench = await HubBench.StartAsync(time: time);
        await bench.InspectAsync("org/late");
        await bench.InspectAsync("org/late");
        Assert.Equal(1, bench.Listings);
        bench.Hub.Add(HubBench.Pipeline("org/late"));
        time.Advance(TimeSpan.FromSeconds(6));
        Assert.NotNull((await bench.InspectAsync("org/late")).Facts);
    }

    [Fact]
    public async Task WhatOneTokenMaySee_IsNotShownToAnother()
    {
        await using var bench = await HubBench.StartAsync();
        Assert.NotNull((await bench.InspectAsync("org/private", HubBench.Token)).Facts);
        Assert.NotNull((await bench.InspectAsync("org/private")).Fault);
    }

    [Fact]
    public async Task Memory_IsBounded()
    {
        await using var bench = await HubBench.StartAsync(HubBench.Options with { MaxRemembered = 2 });
        foreach (var id in new[] { "org/counted", "org/odd", "org/wide" }) await bench.InspectAsync(id);
        await bench.InspectAsync("org/wide");
        Assert.Equal(3, bench.Listings);
        await bench.InspectAsync("org/counted");
        Assert.Equal(4, bench.Listings);
    }
}
