using System.Text.Json;

namespace Rouse.Worker.Engines;

/// <param name="Id">The job plane's name of it.</param>
/// <param name="Input">As the caller sent it; <see cref="JsonValueKind.Undefined"/> where there was none.</param>
internal readonly record struct EngineJob(string Id, JsonElement Input);

/// <summary>What an engine tells while a job runs.</summary>
/// <param name="Progress">From any thread, in order; does not block.</param>
/// <param name="Part">
/// One part of a streamed answer, one JSON value in UTF-8; the call ends when the plane has it, so that an engine is no faster than its reader. One at a time.
/// </param>
internal sealed record JobEvents(Action<EngineProgress> Progress, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> Part)
{
    /// <summary>For a run that nobody listens to: the warm-up.</summary>
    public static JobEvents Unheard { get; } = new(static _ => { }, static (_, _) => ValueTask.CompletedTask);
}

/// <summary>How far an engine is: <see cref="Step"/> of <see cref="Steps"/> are done.</summary>
/// <param name="Stage"><c>downloading</c> (steps are MiB), <c>loading</c> (parts of the model) or <c>inference</c> (runs of its denoiser).</param>
internal readonly record struct EngineProgress(string Stage, int Step, int Steps)
{
    public const string Downloading = "downloading";
    public const string Loading = "loading";
    public const string Inference = "inference";
}

internal static class EngineLife
{
    public static readonly Task<EngineException> Unbroken = new TaskCompletionSource<EngineException>().Task;
}
