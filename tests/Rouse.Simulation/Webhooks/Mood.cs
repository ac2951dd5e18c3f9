namespace Rouse.Simulation.Webhooks;

/// <summary>How a receiver behaves for a while.</summary>
internal enum Mood
{
    Answers,
    RefusesConnections,
    Fails,
    IsOverloaded,
    NeverAnswers,
}
