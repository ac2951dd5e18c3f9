namespace Rouse.Simulation.Choices;

/// <summary>What decides wherever a schedule can go more than one way. 0 is always the way without trouble.</summary>
internal abstract class Chooser
{
    public abstract int Choose(int ways);
}
