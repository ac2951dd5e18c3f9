using Rouse.Core.Deployments;
using Rouse.Core.Models;
using Rouse.Providers.Local;

namespace Rouse.Server;

/// <summary>Which engines the workers have that this server starts: on its own machine, and at a provider. The operator says it, because images are theirs.</summary>
internal sealed record EngineOffers(IReadOnlyList<WorkerEngine> Local, IReadOnlyList<WorkerEngine> Remote)
{
    public static EngineOffers Of(RouseHostOptions options) => new(options.Engines, options.Runpod?.AllEngines ?? []);

    /// <param name="provider">Its word.</param>
    public IReadOnlyList<WorkerEngine> At(string provider) => provider == LocalProvider.Kind ? Local : Remote;

    /// <summary>Those that may serve it; none when this server does not offer what it wants any more.</summary>
    public IReadOnlyList<WorkerEngine> Candidates(DeploymentSpec spec) => WorkerEngines.Candidates(At(spec.Provider), spec.Engine, spec.Task);

    /// <summary>Only a look at the model tells what runs it.</summary>
    public bool Chooses(DeploymentState row) => row is { Engine: null, Spec: { Engine: null, Service: null } } && Candidates(row.Spec).Count > 1;

    /// <summary>What runs it; where nothing was chosen, what was the rule before there was a choice: the first that is offered.</summary>
    public WorkerEngine? EngineOf(DeploymentState row) => row.Spec.Service is not null ? null
        : row.Engine ?? row.Spec.Engine ?? (Candidates(row.Spec) is [var first, ..] ? first : At(row.Spec.Provider) is [var any, ..] ? any : WorkerEngine.Onnx);

    /// <summary>How the operator would offer more.</summary>
    /// <param name="provider">Its word.</param>
    public static string Setting(string provider) => provider == LocalProvider.Kind ? "ROUSE_ENGINES" : "ROUSE_RUNPOD_ENGINES";
}
