using System.Text.Json;
using Rouse.Worker.Engines;

namespace Rouse.Worker.Lifetime;

/// <summary>Stands in until the diffusion engine is here: answers each job with its input.</summary>
internal sealed class PendingEngine : IEngine
{
    public ValueTask LoadAsync(string modelFolder, Action<EngineProgress> progress, CancellationToken ct) => ValueTask.CompletedTask;

    public ValueTask<EngineResult> RunAsync(JsonElement input, Action<EngineProgress> progress, CancellationToken ct) =>
        ValueTask.FromResult<EngineResult>(new EngineResult.Completed(JsonSerializer.SerializeToUtf8Bytes(input)));

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
