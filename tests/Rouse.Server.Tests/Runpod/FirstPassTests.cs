using Rouse.TestKit.Time;

namespace Rouse.Server.Tests.Runpod;

public sealed class FirstPassTests
{
    [Fact]
    public async Task NewDeployment_IsSizedPlacedAndCreated_WithoutAPauseBetween()
    {
        await using var bench = await RunpodBench.StartAsync(options => options with
        {
            Limits = standard => standard with { Recheck = TimeSpan.FromHours(1), RetryDelay = TimeSpan.FromHours(1), Poll = TimeSpan.FromHours(1) },
        });
        await bench.DeployAsync();
        await Eventually.TrueAsync(() => bench.Runpod.Calls.Any(call => call is { Method: "POST", Path: "/v2/serverless" }));
    }
}
