namespace Rouse.Worker.Lifetime;

/// <summary>Time and chance, handed down from the composition root.</summary>
/// <param name="Jitter">Gives a number from 0 to 1.</param>
internal sealed record Clock(TimeProvider Time, Func<double> Jitter);
