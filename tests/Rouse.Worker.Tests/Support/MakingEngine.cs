using Rouse.Worker.Engines;
using Rouse.Worker.Weights;

namespace Rouse.Worker.Tests.Support;

/// <summary>An engine whose every job comes to the same.</summary>
internal sealed class MakingEngine(EngineResult result) : IEngine
{
    public static MakingEngine Of(params OutputFile[] files) => new(new EngineResult.Made(files, static json => json.WriteString("model_id", "m")));

    public FileSelection? Files => null;

    public ValueTask LoadAsync(string? modelFolder, Action<EngineProgress> progress, CancellationToken ct) => ValueTask.CompletedTask;

    public ValueTask<EngineResult> RunAsync(EngineJob job, JobEvents events, CancellationToken ct) => ValueTask.FromResult(result);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
