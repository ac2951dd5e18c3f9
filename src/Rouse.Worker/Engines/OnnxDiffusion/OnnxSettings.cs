using Rouse.Contracts.Workers;
using Rouse.Worker.Configuration;
using Rouse.Worker.Weights;

namespace Rouse.Worker.Engines.OnnxDiffusion;

/// <param name="Threads">Threads of one inference; 0: one for each core.</param>
internal sealed record OnnxSettings(int Threads) : EngineSettings
{
    public override FileSelection Files { get; } = new OnnxFiles();

    public static OnnxSettings Read(Variables variables) => new(variables.Number(WorkerVariables.Threads, 0, 0, 1_024));
}
