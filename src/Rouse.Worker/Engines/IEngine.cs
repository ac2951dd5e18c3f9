using System.Text.Json;

namespace Rouse.Worker.Engines;

/// <summary>Runs one model. The worker loads it once and then gives it one job at a time.</summary>
internal interface IEngine : IAsyncDisposable
{
    /// <summary>Checks the files and loads the model; nothing is fetched.</summary>
    /// <param name="modelFolder">The repository's files, already complete.</param>
    /// <param name="progress">Called from any thread; must not block.</param>
    /// <param name="ct">Abandons the load.</param>
    /// <exception cref="EngineException">The model cannot serve: the worker reports the code and message and ends.</exception>
    ValueTask LoadAsync(string modelFolder, Action<EngineProgress> progress, CancellationToken ct);

    /// <summary>Runs one job. Input the model cannot take is a value (<see cref="EngineResult.Refused"/>), not an exception.</summary>
    /// <param name="input">The job's input, any JSON.</param>
    /// <param name="progress">Called from any thread, in order; must not block.</param>
    /// <param name="ct">Ends the run within one step of the model.</param>
    /// <exception cref="EngineException">The run failed; the engine may be asked again.</exception>
    ValueTask<EngineResult> RunAsync(JsonElement input, Action<EngineProgress> progress, CancellationToken ct);
}

/// <summary>How far an engine is: <see cref="Step"/> of <see cref="Steps"/> are done.</summary>
/// <param name="Stage"><c>loading</c> (steps are parts of the model) or <c>inference</c> (steps are runs of its denoiser).</param>
internal readonly record struct EngineProgress(string Stage, int Step, int Steps)
{
    public const string Loading = "loading";
    public const string Inference = "inference";
}

internal abstract record EngineResult
{
    private EngineResult()
    {
    }

    /// <param name="Output">The job's output, one JSON value in UTF-8.</param>
    public sealed record Completed(ReadOnlyMemory<byte> Output) : EngineResult;

    /// <summary>The input was not taken and nothing ran.</summary>
    /// <param name="Code">A stable word, such as <see cref="EngineFault.InvalidInput"/>.</param>
    /// <param name="Message">Names the member, what it may be and what it was.</param>
    public sealed record Refused(string Code, string Message) : EngineResult;
}
