using Rouse.FakeRunpod.Workers;
using Rouse.TestKit.Time;

namespace Rouse.FakeRunpod.Tests;

/// <summary>A fake with a clock that stands still, and a caller.</summary>
public abstract class ServerFixture : IAsyncLifetime
{
    private protected ManualTime Time { get; } = new();

    private protected SimulatedWorkers Simulated { get; private set; } = null!;

    private protected FakeRunpodServer Runpod { get; private set; } = null!;

    private protected Client Client { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Simulated = new SimulatedWorkers(Time);
        Runpod = await FakeRunpodServer.StartAsync(new FakeRunpodOptions { Time = Time, Runner = Simulated });
        Client = new Client(Runpod);
    }

    public async Task DisposeAsync()
    {
        Client.Dispose();
        await Runpod.DisposeAsync();
    }
}
