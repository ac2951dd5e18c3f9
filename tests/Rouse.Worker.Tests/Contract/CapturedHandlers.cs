using System.Text;
using System.Text.Json;
using Rouse.Worker.Engines;
using Rouse.Worker.Weights;

namespace Rouse.Worker.Tests.Contract;

/// <summary>Does what the Python handlers behind the captures did; a job that a capture has stopped runs until then.</summary>
internal sealed class CapturedHandlers(TimeProvider time, IReadOnlySet<string> stopped) : IEngine
{
    /// <summary>Thrown by the load; null: it loads.</summary>
    public EngineException? Fault { get; init; }

    public int Concurrency { get; init; } = 1;

    /// <summary>Set when the first job runs.</summary>
    public TaskCompletionSource Started { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public FileSelection Files { get; } = new OnnxFiles();

    public ValueTask LoadAsync(string? modelFolder, Action<EngineProgress> progress, CancellationToken ct) =>
        Fault is null ? ValueTask.CompletedTask : ValueTask.FromException(Fault);

    public async ValueTask<EngineResult> RunAsync(EngineJob job, JobEvents events, CancellationToken ct)
    {
        Started.TrySetResult();
        var input = job.Input;
        if (stopped.Contains(job.Id)) await Task.Delay(Timeout.InfiniteTimeSpan, time, ct);
        if (input.TryGetProperty("sleep", out var seconds)) await Task.Delay(TimeSpan.FromSeconds(seconds.GetInt32()), time, ct);
        if (job.Id.StartsWith("gen-", StringComparison.Ordinal)) return await GenerateAsync(input, events, ct);
        switch (Mode(input))
        {
            case "raise":
                throw new EngineException(EngineFault.EngineFailed, "boom");
            case "err":
                return new EngineResult.Refused(EngineFault.InvalidInput, "bad seed");
            case "progress":
                events.Progress(new EngineProgress(EngineProgress.Inference, 1, 2));
                // As the handler did: half a second, in which the note goes out.
                await Task.Delay(TimeSpan.FromSeconds(10), time, ct);
                return Answer("\"done\"");
            default:
                return Answer(Mode(input) switch
                {
                    "echo" => $$"""{"echo":{{input.GetRawText()}}}""",
                    "empty" => "{}",
                    "none" => "null",
                    "unicode" => """{"t":"héllo ✓"}""",
                    "refresh" => """{"x":1}""",
                    _ => input.TryGetProperty("k", out _) ? """{"a":1}""" : "\"ok\"",
                });
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static async Task<EngineResult> GenerateAsync(JsonElement input, JobEvents events, CancellationToken ct)
    {
        for (var token = 0; token < 3; token++) await events.Part(Encoding.UTF8.GetBytes($$"""{"tok":{{token}}}"""), ct);
        return Mode(input) == "ok" ? new EngineResult.Streamed() : throw new EngineException(EngineFault.EngineFailed, "mid");
    }

    private static string? Mode(JsonElement input) => input.TryGetProperty("mode", out var mode) ? mode.GetString() : null;

    private static EngineResult.Completed Answer(string json) => new(Encoding.UTF8.GetBytes(json));
}
