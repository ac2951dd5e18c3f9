using System.Diagnostics;
using Rouse.Contracts.Telemetry;
using Rouse.Contracts.Workers;
using Rouse.Worker.Configuration;
using Rouse.Worker.Engines;
using Rouse.Worker.Reports;
using Rouse.Worker.Telemetry;
using Rouse.Worker.Weights;

namespace Rouse.Worker.Lifetime;

/// <summary>Weights, then engine, each phase told before it begins. A fault is a value: a second start would meet it again.</summary>
internal sealed class StartUp(WorkerSettings settings, WeightsStore weights, IEngine engine, Reporter reporter, WorkerLog log, Clock clock)
{
    /// <summary>What the parts took that are over.</summary>
    public WorkerPhaseTimes Times { get; private set; } = new();

    public async Task<StartFault?> RunAsync(CancellationToken ct)
    {
        using var span = WorkerTracing.Source.Continue("start worker", ActivityKind.Internal, settings.TraceParent);
        try
        {
            var folder = await FindModelAsync(ct);
            reporter.Phase("loading_model");
            var started = clock.Time.GetTimestamp();
            await Task.Run(async () => await engine.LoadAsync(folder, Tell, ct), ct);
            Times = Times with { LoadingModel = Since(started) };
            log.Info($"Model loaded in {Times.LoadingModel:0.0} s.");
            reporter.Phase("warming");
            started = clock.Time.GetTimestamp();
            await engine.WarmUpAsync(ct);
            Times = Times with { Warming = Since(started) };
            log.Info($"Warmed up in {Times.Warming:0.0} s.");
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
        if (settings.ModelPath is { } path)
        {
            Times = Times with { WeightsFrom = WeightsOrigins.Folder };
            return ModelFolder.Open(path);
        }

        if (settings.Model is not { } model || engine.Files is not { } wanted) return null;
        reporter.Phase("downloading_model");
        var started = clock.Time.GetTimestamp();
        try
        {
            var folder = await weights.ObtainAsync(model, wanted, (done, total) => reporter.Progress("download", done, total, "bytes"), ct);
            Times = Times with { DownloadingModel = Since(started), WeightsFrom = weights.Origin?.From, Bytes = weights.Origin?.Bytes };
            return folder;
        }
        finally
        {
            if (weights.CacheUse is { } use) reporter.Cache(use);
        }
    }

    private double Since(long started) => Math.Round(clock.Time.GetElapsedTime(started).TotalSeconds, 3);
}

internal sealed record StartFault(string Code, string Message);
