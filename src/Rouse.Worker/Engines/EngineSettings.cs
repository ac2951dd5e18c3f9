using Rouse.Worker.Configuration;

namespace Rouse.Worker.Engines;

/// <summary>What one kind of engine is told by the environment. Each kind has its own, beside the engine.</summary>
internal abstract record EngineSettings
{
    /// <summary>Whether the worker must be given a model; without it, it may be.</summary>
    public virtual bool NeedsModel => true;

    /// <summary>Values that no log line may show, besides those of variables whose names say so.</summary>
    public virtual IEnumerable<string> Secrets => [];

    /// <inheritdoc cref="IEngine.Files"/>
    public virtual Weights.FileSelection? Files => null;
}

/// <summary>Words of the variable <c>ROUSE_ENGINE</c>.</summary>
internal static class EngineNames
{
    public const string Onnx = "onnx";
    public const string A1111 = "a1111";
    public const string Diffusers = "diffusers";
    public const string Process = "process";

    /// <summary>Which files of a repository the engine that the environment names loads.</summary>
    public static Weights.FileSelection? Files(Variables variables) => Read(variables)?.Files;

    /// <returns>Null with a fault in <paramref name="variables"/>.</returns>
    public static EngineSettings? Read(Variables variables) => variables.Optional(Contracts.Workers.WorkerVariables.Engine) switch
    {
        null or Onnx => OnnxDiffusion.OnnxSettings.Read(variables),
        A1111 => global::Rouse.Worker.Engines.A1111.A1111Settings.Read(variables),
        Diffusers => global::Rouse.Worker.Engines.Diffusers.DiffusersSettings.Read(variables),
        Process => global::Rouse.Worker.Engines.Process.ProcessSettings.Read(variables),
        var other => variables.Fail<EngineSettings>($"{Contracts.Workers.WorkerVariables.Engine} must be one of {Onnx}, {A1111}, {Diffusers}, {Process}, not '{other}'."),
    };
}
