namespace Rouse.Simulation.Choices;

/// <summary>Choices by a seed: mostly the way without trouble, otherwise any of the others.</summary>
/// <param name="trouble">How often, 0 to 1, a choice goes another way than 0.</param>
internal sealed class Seeded(int seed, double trouble) : Chooser
{
    private readonly Random _random = new(seed);

    public override int Choose(int ways) => ways > 1 && _random.NextDouble() < trouble ? _random.Next(1, ways) : 0;
}
