using System.Text.Json;
using Rouse.Worker.Lifetime;
using Rouse.Worker.Reports;

namespace Rouse.Worker.Engines.Diffusers.Runners;

/// <summary>Keeps one runner with one model alive: start → load → (run)* → death → wait → start → load … until it died too often.</summary>
/// <param name="python">Command or path.</param>
internal sealed class RunnerHost(string python, WorkerLog log, Clock clock) : IAsyncDisposable
{
    /// <summary>Deaths without a run between them that went well: a model that kills every runner is not cured by another one.</summary>
    public const int MaxDeaths = 5;

    /// <summary>For a model that was loaded before: tens of GB from a slow disk. One that hangs must not keep the worker waiting, and paid for.</summary>
    public static readonly TimeSpan ReloadLimit = TimeSpan.FromMinutes(30);

    private readonly Backoff _backoff = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30), clock.Jitter);
    private readonly SemaphoreSlim _gate = new(1);
    private readonly TaskCompletionSource<EngineException> _broken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private RunnerProcess? _process;
    private RunnerTalk? _talk;
    private Action<Utf8JsonWriter>? _load;
    private int _deaths;

    public Task<EngineException> Broken => _broken.Task;

    /// <summary>Null before the first load.</summary>
    public int? ProcessId => _process?.Id;

    /// <summary>A runner without a model, in place of any other.</summary>
    public async Task<RunnerTalk> StartAsync()
    {
        await EndAsync();
        _process = RunnerProcess.Start(python, log, clock);
        return _talk = new RunnerTalk(_process, clock);
    }

    /// <param name="load">Writes the order; kept for the runners that come after this one.</param>
    public async Task<LoadedModel> LoadAsync(Action<Utf8JsonWriter> load, CancellationToken ct)
    {
        var talk = _talk is { HasEnded: false } alive ? alive : await StartAsync();
        var model = LoadedModel.Read((await talk.AskAsync(load, "loaded", ct)).Body);
        _load = load;
        return model;
    }

    /// <summary>Whether there is one that has not ended.</summary>
    public bool HasRunner => _talk is { HasEnded: false };

    /// <summary>A runner with the model in it: at once, or after it was started again.</summary>
    /// <exception cref="EngineException">It died too often (<see cref="Broken"/>).</exception>
    public async ValueTask<RunnerTalk> ReadyAsync(CancellationToken ct)
    {
        await _gate.WaitAsync(ct);
        try
        {
            var load = _load ?? throw new InvalidOperationException("The model is not loaded.");
            while (_talk is not { HasEnded: false })
            {
                if (_talk is not { WasEnded: true })
                {
                    var wait = Die();
                    log.Warning($"The runner is gone: it is started again in {wait.TotalSeconds:0.0} s.");
                    await Task.Delay(wait, clock.Time, ct);
                }

                await TryLoadAsync(load, ct);
            }

            return _talk;
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Succeeded() => _deaths = 0;

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        _gate.Dispose();
    }

    private TimeSpan Die()
    {
        _deaths++;
        if (_deaths < MaxDeaths) return _backoff.After(_deaths);
        var fault = new EngineException(
            EngineFault.EngineFailed, $"The model's process died {MaxDeaths} times in a row. Read the log; most often memory is short: choose a bigger tier or a smaller model.");
        _broken.TrySetResult(fault);
        throw fault;
    }

    private async Task TryLoadAsync(Action<Utf8JsonWriter> load, CancellationToken ct)
    {
        using var late = new CancellationTokenSource(ReloadLimit, clock.Time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(ct, late.Token);
        try
        {
            var talk = await StartAsync();
            await talk.AskAsync(load, "loaded", end.Token);
            log.Info("The runner is back with its model.");
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            log.Error($"The runner did not come back within {ReloadLimit.TotalMinutes:0} min.");
            await EndAsync();
        }
        catch (Exception fault) when (fault is EngineException or IOException)
        {
            log.Error($"The runner did not come back: {fault.Message}");
            await EndAsync();
        }
    }

    private async Task EndAsync()
    {
        _talk = null;
        if (_process is not { } process) return;
        _process = null;
        await process.DisposeAsync();
    }
}
