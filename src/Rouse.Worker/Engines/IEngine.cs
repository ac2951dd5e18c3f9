using System.Text.Json;
using Rouse.Worker.Weights;

namespace Rouse.Worker.Engines;

/// <summary>Runs one model, or stands before a server that does. load → warm up → (ready → run)*</summary>
internal interface IEngine : IAsyncDisposable
{
    /// <summary>Jobs it runs at the same time at most.</summary>
    int Concurrency => 1;

    /// <summary>Which files of a hub repository it loads; null where it loads none.</summary>
    FileSelection? Files { get; }

    /// <summary>
    /// Ends, with why, when the engine can serve no more jobs in this life: its server crashes again and again. Jobs in flight have failed by then, and
    /// the worker takes no further one. Until then it never ends.
    /// </summary>
    Task<EngineException> Broken => EngineLife.Unbroken;

    /// <summary>Checks the files and loads the model, or starts the server and waits for it; nothing is fetched from the hub.</summary>
    /// <param name="modelFolder">The repository's files, already complete; null where the worker was given no model.</param>
    /// <param name="progress">Called from any thread; must not block.</param>
    /// <param name="ct">Abandons the load.</param>
    /// <exception cref="EngineException">The model cannot serve: the worker reports the code and message and ends.</exception>
    ValueTask LoadAsync(string? modelFolder, Action<EngineProgress> progress, CancellationToken ct);

    /// <summary>The smallest real run, so that the first job does not pay for what happens once. Where nothing would be won it does nothing.</summary>
    /// <exception cref="EngineException">A loaded model that cannot run: as a failed load.</exception>
    ValueTask WarmUpAsync(CancellationToken ct) => ValueTask.CompletedTask;

    /// <summary>Ends when a job may be taken: at once, but where a server is being started again. Throws only when cancelled.</summary>
    ValueTask ReadyAsync(CancellationToken ct) => ValueTask.CompletedTask;

    /// <summary>Whether <see cref="ReadyAsync"/> would end at once, for whoever may not wait.</summary>
    bool IsReady => true;

    /// <summary>Runs one job. Input the model cannot take is a value (<see cref="EngineResult.Refused"/>), not an exception.</summary>
    /// <param name="job">Its input may be any JSON, or undefined where the job had none.</param>
    /// <param name="events">What to tell of it meanwhile.</param>
    /// <param name="ct">Ends the run soon (within one step of the model), also in a server behind the engine.</param>
    /// <exception cref="EngineException">The run failed; the engine may be asked again.</exception>
    ValueTask<EngineResult> RunAsync(EngineJob job, JobEvents events, CancellationToken ct);
}
