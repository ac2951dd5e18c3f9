using Rouse.Core.Deployments;
using Rouse.Core.Ports;
using Rouse.Providers.Runpod;
using Rouse.TestKit.Time;

namespace Rouse.Providers.Tests.Runpod;

/// <summary>Workers that are shown are workers that cost.</summary>
public sealed class ServerlessCapacityTests
{
    [Fact]
    public async Task WorkersThatWaitForAGpu_HoldNone()
    {
        await using var bench = await RunpodBench.StartAsync();
        bench.Fake.SetStock("ADA_24", stock => stock.Capacity = 0);
        await bench.WakeAsync(await bench.CreateAsync());
        ObservedBackend? seen = null;
        await Eventually.TrueAsync(async () => (seen = (await bench.ListAsync()).Single()).Trouble is { Cause.Code: FailureCodes.NoCapacity });
        Assert.True(seen is { WorkersKnown: true, Workers: 0, ReadyWorkers: 0 }, $"{seen}");
    }

    [Fact]
    public void AnEndpointThatNobodyLookedAt_SaysSo_UnlessItMayHaveNoWorkers()
    {
        var view = new EndpointView(new BackendId("one"), RunpodBench.Name(), 0, 1, 60, Image: null, Scaling: null);
        var memory = new EndpointMemory();
        Assert.False(See(view).WorkersKnown);
        Assert.True(See(view with { MaxWorkers = 0 }).WorkersKnown);
        memory.See(new WorkerLook(At: 0, Ready: 1, Initializing: 1, Throttled: 1, Unhealthy: 1, Total: 4, Jobs: null));
        Assert.True(See(view) is { WorkersKnown: true, Workers: 2, ReadyWorkers: 1 });

        ObservedBackend See(EndpointView shown) => EndpointObservation.Of(shown, memory, new RunpodOptions(), _ => TimeSpan.Zero);
    }
}
