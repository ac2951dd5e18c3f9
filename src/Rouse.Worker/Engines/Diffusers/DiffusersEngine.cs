using System.Text.Json;
using Rouse.Contracts.Workers;
using Rouse.Worker.Engines.Diffusers.Inputs;
using Rouse.Worker.Engines.Diffusers.Loading;
using Rouse.Worker.Engines.Diffusers.Runners;
using Rouse.Worker.Engines.Inputs;
using Rouse.Worker.Lifetime;
using Rouse.Worker.Reports;
using Rouse.Worker.Weights;

namespace Rouse.Worker.Engines.Diffusers;

/// <summary>Safetensors repositories by diffusers and transformers, in a Python process of the worker's own.</summary>
/// <param name="modelId">What answers call the model.</param>
/// <param name="drawSeed">A random number from 0 to the one given, both included: the seed of a job that names none.</param>
internal sealed class DiffusersEngine(string modelId, DiffusersSettings settings, Func<long, long> drawSeed, WorkerLog log, Clock clock) : IEngine
{
    private readonly RunnerHost _host = new(settings.Python, log, clock);
    private readonly InputFetch _fetch = new(settings.Urls, clock);
    private Loaded? _loaded;

    public FileSelection Files => settings.Files;

    public Task<EngineException> Broken => _host.Broken;

    /// <summary>Null before the model is loaded.</summary>
    public int? RunnerId => _host.ProcessId;

    public async ValueTask LoadAsync(string? modelFolder, Action<EngineProgress> progress, CancellationToken ct)
    {
        var description = ModelDescription.Read(modelFolder!, settings.Task, settings.KeepsSafetyChecker);
        var weights = StoredWeights.Survey(description);
        progress(new EngineProgress(EngineProgress.Loading, 0, 2));
        var machine = await ProbeAsync(ct);
        log.Info($"The runner has {machine.Words}.");
        progress(new EngineProgress(EngineProgress.Loading, 1, 2));
        var plan = LoadPlan.Decide(weights, machine, settings.Wishes, settings.Task);
        var model = await LoadAsync(description, plan, machine, ct);
        _loaded = new Loaded(model, description.IsDistilled);
        progress(new EngineProgress(EngineProgress.Loading, 2, 2));
    }

    public async ValueTask WarmUpAsync(CancellationToken ct)
    {
        var loaded = _loaded ?? throw new InvalidOperationException("The model is not loaded.");
        foreach (var (order, isLast) in WarmUps.Of(settings.Task, loaded.Model))
        {
            try
            {
                await RunAsync(order, JobEvents.Unheard, ct);
                return;
            }
            catch (EngineException fault) when (!isLast && fault.Code != EngineFault.OutOfMemory)
            {
                log.Info($"The model does not run at the smallest size: {fault.Message}");
            }
        }
    }

    public bool IsReady => _host.HasRunner;

    public async ValueTask ReadyAsync(CancellationToken ct)
    {
        try
        {
            await _host.ReadyAsync(ct);
        }
        catch (EngineException)
        {
            // Broken tells it, and the worker ends.
            await Task.Delay(Timeout.InfiniteTimeSpan, clock.Time, ct);
        }
    }

    public async ValueTask<EngineResult> RunAsync(EngineJob job, JobEvents events, CancellationToken ct)
    {
        var loaded = _loaded ?? throw new InvalidOperationException("The model is not loaded.");
        if (Read(job.Input, loaded, out var fault) is not { } order) return new EngineResult.Refused(EngineFault.InvalidInput, fault!);
        if (order.Attached is { } attached)
        {
            var file = await _fetch.ObtainAsync(attached, ct);
            if (file.Refusal is not null) return file.Refusal;
            if (Place(order, file.Content, loaded, out fault) is not { } complete) return new EngineResult.Refused(EngineFault.InvalidInput, fault!);
            order = complete;
        }

        try
        {
            var run = await RunAsync(order, events, ct);
            return settings.Task == DiffusersTask.SpeechToText
                ? new EngineResult.Completed(ResultFacts.Transcript(modelId, run.Answer))
                : new EngineResult.Made(run.Files, json => ResultFacts.Write(json, modelId, settings.Task, loaded.Model, order, run));
        }
        catch (EngineException refusal) when (refusal.Code == EngineFault.InvalidInput)
        {
            return new EngineResult.Refused(refusal.Code, refusal.Message);
        }
        catch (EngineException full) when (full.Code == EngineFault.OutOfMemory)
        {
            throw new EngineException(EngineFault.OutOfMemory, $"The job does not fit into memory ({full.Message}). Ask for fewer pixels, frames or characters, choose a bigger tier, "
                + $"or set {DiffusersVariables.Offload}=model.", full);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        _fetch.Dispose();
    }

    private RunOrder? Read(JsonElement input, Loaded loaded, out string? fault) => settings.Task switch
    {
        DiffusersTask.SpeechToText => SpeechInput.ReadSound(input, loaded.Model, out fault),
        DiffusersTask.TextToSpeech => SpeechInput.ReadText(input, loaded.Model, drawSeed, out fault),
        var task => PictureInput.Read(input, task, loaded.Model, loaded.IsDistilled, drawSeed, out fault),
    };

    private RunOrder? Place(RunOrder order, ReadOnlyMemory<byte> file, Loaded loaded, out string? fault)
    {
        fault = null;
        return settings.Task == DiffusersTask.SpeechToText ? SpeechInput.Place(order, file, loaded.Model, out fault) : order with { Payload = file };
    }

    private async Task<RunnerResult> RunAsync(RunOrder order, JobEvents events, CancellationToken ct)
    {
        var runner = await _host.ReadyAsync(ct);
        var files = new MadeFiles();
        var answer = await runner.RunAsync(order.Write, order.Payload, Hear, ct);
        _host.Succeeded();
        return files.Finish(answer.Body);

        void Hear(RunnerAnswer told)
        {
            if (told.Kind == "made") files.Add(told);
            else events.Progress(new EngineProgress(EngineProgress.Inference, told.Body.GetProperty("step").GetInt32(), told.Body.GetProperty("steps").GetInt32()));
        }
    }

    private async Task<Machine> ProbeAsync(CancellationToken ct)
    {
        string[] needed = settings.Task.IsSpeech() ? ["torch", "transformers"] : ["torch", "diffusers", "transformers"];
        var machine = Machine.Read(await (await _host.StartAsync()).AskAsync(RunnerOrders.Probe(needed), "probed", ct));
        if (machine.Missing.Count == 0) return machine;
        throw new EngineException(
            EngineFault.EngineFailed, $"{settings.Python} (Python {machine.Python}) lacks what this engine needs: {string.Join("; ", machine.Missing.Select(static lack => $"{lack.Key} is {lack.Value}"))}. "
            + $"Install it (python3 -m pip install torch diffusers transformers accelerate), name another Python in {DiffusersVariables.Python}, "
            + "or use the image made by deploy/worker-diffusers.Dockerfile.");
    }

    /// <summary>An estimate that was too bold costs a second load, not the deployment.</summary>
    private async Task<LoadedModel> LoadAsync(ModelDescription description, LoadPlan first, Machine machine, CancellationToken ct)
    {
        var without = description.Without(settings.KeepsSafetyChecker);
        for (var plan = first; ;)
        {
            if (plan.Offload != Offload.None && !machine.Versions.ContainsKey("accelerate"))
            {
                throw new EngineException(EngineFault.OutOfMemory, $"The model does not fit into the GPU as a whole ({plan.Why}), and loading it by parts needs accelerate, "
                    + "which is not installed. Install it (python3 -m pip install accelerate) or choose a bigger tier.");
            }

            log.Info($"Loading {description.Class} as {plan.Dtype.Word()}, variant {(plan.Variant.Length == 0 ? "none" : plan.Variant)}, offload {plan.Offload.Word()}, {plan.Why}.");
            try
            {
                return await _host.LoadAsync(RunnerOrders.Load(description.Folder, settings.Task, plan, without), ct);
            }
            catch (EngineException fault) when (fault.Code == EngineFault.OutOfMemory && settings.Wishes.Offload is null && !settings.Task.IsSpeech() && plan.Smaller() is not null)
            {
                log.Warning($"Loading ran out of memory ({fault.Message}): less of the model stays on the GPU.");
                plan = plan.Smaller()!;
                // What the failed load left behind goes with its process.
                await _host.StartAsync();
            }
            catch (EngineException fault) when (fault.Code == EngineFault.OutOfMemory)
            {
                throw new EngineException(EngineFault.OutOfMemory, $"The model does not fit into memory ({fault.Message}). Choose a bigger tier or a smaller model.", fault);
            }
        }
    }

    private sealed record Loaded(LoadedModel Model, bool IsDistilled);
}
