using Rouse.FakeRunpod.Workers;

namespace Rouse.FakeRunpod;

public sealed record FakeRunpodOptions
{
    /// <summary>The only clock the fake reads.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>What runs workers and pods; null: <see cref="SimulatedWorkers"/>.</summary>
    public IWorkerRunner? Runner { get; init; }

    /// <summary>Of ids and scripted chances.</summary>
    public int Seed { get; init; } = 1;
}
