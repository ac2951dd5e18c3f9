using Rouse.Simulation.Choices;
using Rouse.Simulation.Model;
using Rouse.TestKit.Provider;

namespace Rouse.Simulation;

/// <summary>The simulated provider keeps what every provider promises, so what the simulation proves holds for them.</summary>
public sealed class ConformanceTests
{
    public static TheoryData<string> Promises => [.. ProviderConformance.Promises];

    [Theory]
    [MemberData(nameof(Promises))]
    public async Task TheSimulatedProvider_KeepsItsPromises(string promise)
    {
        var traits = new Scenario().Traits with { ListLag = TimeSpan.FromMilliseconds(50) };
        var world = new World(new Scenario { Traits = traits }, new Seeded(seed: 1, trouble: 0));
        world.Open();
        await new ProviderConformance(world.Ports(world.Replicas[0]).Providers["sim"]).CheckAsync(promise);
    }
}
