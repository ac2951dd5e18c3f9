using Rouse.Core.Deployments;
using Rouse.Server.Hub;

namespace Rouse.Server.Tests.Hub;

/// <summary>Trouble of the hub says nothing about the model: it is never "not found", and it passes.</summary>
public sealed class HubTroubleTests
{
    [Theory]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(429)]
    [InlineData(408)]
    public async Task ABusyHub_IsAskedThreeTimes_ThenToldAsPassing(int status)
    {
        await using var bench = await HubBench.StartAsync();
        for (var i = 0; i < 3; i++) bench.Hub.Script.ListStatuses.Enqueue(status);
        AssertPassing(await bench.InspectAsync("org/wide"));
        Assert.Equal(3, bench.Listings);
        // Trouble is not remembered.
        Assert.NotNull((await bench.InspectAsync("org/wide")).Facts);
    }

    [Fact]
    public async Task AHubThatRecovers_IsHeard()
    {
        await using var bench = await HubBench.StartAsync();
        bench.Hub.Script.ListStatuses.Enqueue(503);
        bench.Hub.Script.CutLists = 1;
        bench.Hub.Script.FileStatuses.Enqueue(503);
        Assert.NotNull((await bench.InspectAsync("org/wide")).Facts);
    }

    [Fact]
    public async Task ALongRetryAfter_IsNotWaitedFor()
    {
        await using var bench = await HubBench.StartAsync();
        bench.Hub.Script.RetryAfter = 3600;
        bench.Hub.Script.ListStatuses.Enqueue(429);
        AssertPassing(await bench.InspectAsync("org/wide"));
        Assert.Equal(1, bench.Listings);
    }

    [Fact]
    public async Task SilenceAndCuts_ArePassing()
    {
        await using var bench = await HubBench.StartAsync(HubBench.Options with { Timeout = TimeSpan.FromMilliseconds(300) });
        bench.Hub.Script.StalledLists = 3;
        AssertPassing(await bench.InspectAsync("org/wide"));
        bench.Hub.Script.CutLists = 3;
        AssertPassing(await bench.InspectAsync("org/wide"));
        bench.Hub.Script.StalledBodies = 3;
        AssertPassing(await bench.InspectAsync("org/wide"));
    }

    [Theory]
    [InlineData("<html>please log in</html>")]
    [InlineData("{}")]
    [InlineData("""{"sha":"main","siblings":[]}""")]
    [InlineData("""{"sha":7}""")]
    public async Task AnAnswerThatIsNoListing_IsPassing(string body)
    {
        await using var bench = await HubBench.StartAsync();
        bench.Hub.Script.ListBodies.Enqueue(body);
        AssertPassing(await bench.InspectAsync("org/wide"));
    }

    [Fact]
    public async Task NoHubAtAll_IsPassing()
    {
        await using var bench = await HubBench.StartAsync();
        await bench.Hub.DisposeAsync();
        AssertPassing(await bench.InspectAsync("org/wide"));
    }

    [Fact]
    public async Task AnEndlessListing_IsCutShort()
    {
        await using var bench = await HubBench.StartAsync(HubBench.Options with { MaxListingBytes = 200 });
        var fault = (await bench.InspectAsync("org/wide")).Fault!;
        Assert.Equal((FailureCodes.ModelUnusable, false), (fault.Cause.Code, fault.IsRetryable));
    }

    private static void AssertPassing(HubLook look) => Assert.Equal((FailureCodes.HubUnavailable, true), (look.Fault?.Cause.Code, look.Fault?.IsRetryable));
}
