using System.Diagnostics;
using Rouse.Contracts.Telemetry;
using Rouse.Worker.Configuration;
using Rouse.Worker.Engines;
using Rouse.Worker.Reports;
using Rouse.Worker.Telemetry;
using Rouse.Worker.Weights;

namespace Rouse.Worker.Lifetime;

/// <summary>Weights, then engine, each phase told before it begins. A fault is a value: a second start would meet it again.</summary>
internal sealed class StartUp(WorkerSettings settings, WeightsStore weights, IEngine engine, Reporter reporter, WorkerLog log, Clock clock)
{
    public async Task<StartFault?> RunAsync(CancellationToken ct)
    {
        using var span = WorkerTracing.Source.Continue("start worker", ActivityKind.Internal, settings.TraceParent);
        try
        {
            var folder = await FindModelAsync(ct);
            reporter.Phase("loading_model");
            var started = clock.Time.GetTimestamp();
            await Task.Run(async () => await engine.LoadAsync(folder, Tell, ct), ct);
            log.Info($"Model loaded in {clock.Time.GetElapsedTime(started).TotalSeconds:0.0} s.");
            started = clock.Time.GetTimestamp();
            await engine.WarmUpAsync(ct);
            log.Info($"Warmed up in {clock.Time.GetElapsedTime(started).TotalSeconds:0.0} s.");
            return null;
        }
        catch (WeightsException fault)
        {
            return new StartFault(fault.Code, fault.Message);
        }
        catch (EngineException fault)
        {
            return new StartFault(fault.Code, fault.Message);
        }
        catch (OutOfMemoryException)
        {
            return new StartFault(
                EngineFault.OutOfMemory, "The model does not fit into this machine's memory. Choose a bigger tier or a smaller model.");
        }
        catch (Exception fault) when (!(fault is OperationCanceledException && ct.IsCancellationRequested))
        {
            // The top of the start: what nobody expected is still told, with its words, rather than left to a crash loop.
            return new StartFault(EngineFault.EngineFailed, $"The start failed unexpectedly: {fault.GetType().Name}: {fault.Message}");
        }

        void Tell(EngineProgress step) => reporter.Progress("load", step.Step, step.Steps, "steps");
    }

    /// <returns>Null where the engine was given no model.</returns>
    private async Task<string?> FindModelAsync(CancellationToken ct)
    {
        if (settings.ModelPath is { } path) return ModelFolder.Open(path);
        if (settings.Model is not { } model || engine.Files is not { } wanted) return null;
        reporter.Phase("downloading_model");
        try
        {
            return await weights.ObtainAsync(model, wanted, (done, total) => reporter.Progress("download", done, total, "bytes"), ct);
        }
        finally
        {
            if (weights.CacheUse is { } use) reporter.Cache(use);
        }
    }
}

internal sealed record StartFault(string Code, string Message);
