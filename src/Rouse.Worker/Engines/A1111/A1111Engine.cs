using System.Text.Json;
using Rouse.Worker.Engines.A1111.Calls;
using Rouse.Worker.Engines.A1111.Inputs;
using Rouse.Worker.Lifetime;
using Rouse.Worker.ModelFiles;
using Rouse.Worker.Reports;
using Rouse.Worker.Weights;

namespace Rouse.Worker.Engines.A1111;

/// <summary>A bridge to the Automatic1111 WebUI (made for 1.9.3) on this machine: a job is one call of its API, and the call's answer is the job's output.</summary>
internal sealed class A1111Engine : IEngine
{
    private static readonly JsonElement s_smallest = JsonElement.Parse("""{"prompt":"warm","steps":1,"width":64,"height":64}""");

    private readonly A1111Settings _settings;
    private readonly WebUiClient _webui;
    private readonly WebUiServer _server;
    private readonly Generation _generation;
    private readonly ModelPlacement _models;
    private readonly ModelSource _source;
    private readonly IDisposable? _owned;
    private readonly CancellationTokenSource _ending = new();
    private readonly Clock _clock;
    private readonly string _modelName;
    private Task _cleaning = Task.CompletedTask;
    private InstalledFile? _own;

    /// <param name="modelName">What answers call the model, where the worker was given one.</param>
    /// <param name="source">Brings the model files that jobs name.</param>
    /// <param name="owned">Disposed of with the engine.</param>
    public A1111Engine(A1111Settings settings, string modelName, ModelSource source, WorkerLog log, Clock clock, IDisposable? owned = null)
    {
        (_settings, _modelName, _source, _clock, _owned) = (settings, modelName, source, clock, owned);
        _webui = new WebUiClient(settings, clock.Time);
        _server = new WebUiServer(settings, _webui, log, clock);
        _models = new ModelPlacement(_webui, source, log, clock);
        _generation = new Generation(_webui, _server, new Interruption(_webui, log, clock), new RouteRecovery(_webui, log, clock), log, clock);
    }

    public FileSelection? Files => _settings.Files;

    public Task<EngineException> Broken => _server.Broken;

    public async ValueTask LoadAsync(string? modelFolder, Action<EngineProgress> progress, CancellationToken ct)
    {
        // Beside the WebUI's start, which takes longer.
        _cleaning = Task.Run(() => _source.CleanUp(_ending.Token), ct);
        // Before it starts, so that it is listed at once.
        if (modelFolder is not null) _own = OwnCheckpoint.Link(modelFolder, _modelName, _source.Checkpoints);
        await _server.StartAsync(ct);
        if (_own is not null && await _models.UnlistedAsync(_own, ct) is { } unlisted) throw new EngineException(EngineFault.ModelUnusable, unlisted);
    }

    public async ValueTask WarmUpAsync(CancellationToken ct)
    {
        // Of a model of its own it is known that jobs want it loaded.
        if (!_settings.WarmsUp && _own is null) return;
        if (await RunAsync(new EngineJob("warm-up", s_smallest), JobEvents.Unheard, ct) is EngineResult.Refused refusal)
            throw new EngineException(EngineFault.ModelUnusable, $"The warm-up failed. {refusal.Message}");
    }

    public bool IsReady => _server.IsReady;

    public ValueTask ReadyAsync(CancellationToken ct) => _server.ReadyAsync(ct);

    public async ValueTask<EngineResult> RunAsync(EngineJob job, JobEvents events, CancellationToken ct)
    {
        if (InputReader.Read(job.Input, out var fault) is not { } input) return new EngineResult.Refused(EngineFault.InvalidInput, fault!);
        using var limit = new CancellationTokenSource(_settings.Timeout, _clock.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        try
        {
            var placed = await _models.PlaceAsync(input, events.Progress, either.Token);
            if (placed.Refusal is { } refusal) return refusal;
            var checkpoint = placed.Checkpoint ?? (input.NamesCheckpoint || !input.Task.Generates() ? null : _own);
            var body = RequestBody.Write(input, checkpoint, placed.Loras);
            var result = await _generation.RunAsync(job.Id, input.Task, body, events.Progress, either.Token);
            return result is EngineResult.Completed done && input.WantsCacheInfo ? new EngineResult.Completed(_source.Held().AddTo(done.Output)) : result;
        }
        catch (ModelFileException refusal)
        {
            return new EngineResult.Refused(refusal.Code, refusal.Message);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            throw TimedOut(await _server.AskAsync(ct));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _webui.Dispose();
        await _ending.CancelAsync();
        await _cleaning.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ending.Dispose();
        _owned?.Dispose();
    }

    /// <param name="silent">What a WebUI that is not well says; null where it is.</param>
    private EngineException TimedOut(string? silent) => silent is null
        ? new(A1111Fault.TimedOut, $"The WebUI had not finished the job after {_settings.Timeout.TotalSeconds:0} s, so it was interrupted. Ask for less, or give it more time.")
        : new(A1111Fault.Unreachable, $"The WebUI did not answer for the job, which had {_settings.Timeout.TotalSeconds:0} s: {silent}. Read its last lines in the worker's log.");
}
