using System.Text;
using System.Text.Json;
using Rouse.Worker.Engines;
using Rouse.Worker.Weights;

namespace Rouse.Worker.Tests.Support;

/// <summary>An engine that does what the test's delegate does; a FormatException of it refuses the input.</summary>
internal sealed class ScriptedEngine(Func<JsonElement, Action<EngineProgress>, CancellationToken, Task<string>> run) : IEngine
{
    public Func<Action<EngineProgress>, CancellationToken, Task> Load { get; set; } = static (_, _) => Task.CompletedTask;

    public int Concurrency { get; init; } = 1;

    /// <summary>Whether it could run a job now.</summary>
    public Func<bool> Up { get; init; } = static () => true;

    public bool IsReady => Up();

    /// <summary>Runs first, to send parts.</summary>
    public Func<JsonElement, JobEvents, CancellationToken, Task> Stream { get; init; } = static (_, _, _) => Task.CompletedTask;

    public static ScriptedEngine Echo() => new(static (input, _, _) => Task.FromResult(input.GetRawText()));

    public FileSelection Files { get; } = new OnnxFiles();

    public async ValueTask LoadAsync(string? modelFolder, Action<EngineProgress> progress, CancellationToken ct) => await Load(progress, ct);

    public async ValueTask<EngineResult> RunAsync(EngineJob job, JobEvents events, CancellationToken ct)
    {
        try
        {
            await Stream(job.Input, events, ct);
            return new EngineResult.Completed(Encoding.UTF8.GetBytes(await run(job.Input, events.Progress, ct)));
        }
        catch (FormatException refusal)
        {
            return new EngineResult.Refused(EngineFault.InvalidInput, refusal.Message);
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
