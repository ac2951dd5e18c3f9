using System.Collections;
using Rouse.Worker.Engines;
using Rouse.Worker.Lifetime;
using Rouse.Worker.Reports;

namespace Rouse.Worker.Supervision;

/// <summary>
/// A server beside the worker: started, waited for, asked now and then, started again when it dies or hangs, given up when that happens again and again.
/// <code>
/// start ──▶ asks until it is up ──▶ ready ⇄ doubtful (an ask failed) ──▶ dead ──back-off──▶ start
///                  │ StartLimit                    │ HangLimit            │ CrashLimit
///                  └──────────▶ Broken             └──▶ killed ──▶ dead   └──▶ Broken
/// </code>
/// Without a command somebody else runs it: then it is only asked.
/// </summary>
/// <param name="command">Null where somebody else runs the server.</param>
/// <param name="name">What messages call it.</param>
/// <param name="probe">Whether it is up: null when it is, else what it said instead. May throw what an HttpClient throws; is cancelled at its limit.</param>
internal sealed class SupervisedServer(
    ServerCommand? command, string name, Func<ServerLife, CancellationToken, Task<string?>> probe, SupervisionLimits limits, WorkerLog log, Clock clock) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource<EngineException> _broken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ServerLines _lines = new(name, log, clock);
    private readonly CrashCount _crashes = new(limits, clock.Time);
    private readonly Backoff _restart = new(limits.FirstRestart, limits.LongestRestart, clock.Jitter);
    private readonly Lock _gate = new();
    private TaskCompletionSource<ServerLife> _ready = NewReady();
    private Task _loop = Task.CompletedTask;

    /// <summary>As <see cref="IEngine.Broken"/>.</summary>
    public Task<EngineException> Broken => _broken.Task;

    /// <summary>Until it is up. To be called once.</summary>
    /// <exception cref="EngineException">It cannot be started, dies again and again, or did not answer in time: the message says what to do.</exception>
    public async Task StartAsync(CancellationToken ct)
    {
        _loop = Task.Run(RunAsync, CancellationToken.None);
        await LifeAsync(ct);
    }

    /// <summary>As <see cref="IEngine.ReadyAsync"/>: until it is up, also where it never will be. Throws only when cancelled.</summary>
    public async ValueTask ReadyAsync(CancellationToken ct) => await Ready().WaitAsync(ct);

    /// <summary>As <see cref="IEngine.IsReady"/>.</summary>
    public bool IsReady => Ready().IsCompletedSuccessfully;

    /// <summary>The server as it is now, once it is up.</summary>
    /// <exception cref="EngineException">It was given up.</exception>
    public async ValueTask<ServerLife> LifeAsync(CancellationToken ct)
    {
        var ready = Ready();
        await Task.WhenAny(ready, _broken.Task).WaitAsync(ct);
        return _broken.Task.IsCompletedSuccessfully ? throw _broken.Task.Result : await ready;
    }

    /// <summary>Ends it: SIGTERM, a grace, SIGKILL.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _loop;
    }

    private async Task RunAsync()
    {
        try
        {
            while (await LiveOnceAsync(_stopping.Token) is { } death)
            {
                log.Error(death);
                if (_crashes.Count() is var deaths && deaths >= limits.CrashLimit && command is not null)
                {
                    GiveUp($"The {name} died {deaths} times in a row and was given up. {death} Read its lines in the log and correct its command, its model or the machine.");
                    return;
                }

                var pause = _restart.After(deaths);
                if (command is not null) log.Info($"The {name} is started again in {pause.TotalSeconds:0.0} s.");
                await Task.Delay(pause, clock.Time, _stopping.Token);
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // Ending.
        }
        catch (Exception fault)
        {
            // The top of the loop: an engine whose supervisor has gone must not look alive.
            GiveUp(fault is EngineException ? fault.Message : $"The {name} can no longer be supervised: {fault.GetType().Name}: {fault.Message}");
        }
    }

    /// <returns>How it died; null when it was given up.</returns>
    private async Task<string?> LiveOnceAsync(CancellationToken ct)
    {
        _lines.Forget();
        if (Stranger(null) is { } stranger) return $"The {name} was not started: {stranger}. Give it a port of its own.";
        await using var child = command is null ? null : Start(command);
        var life = new ServerLife(child);
        Task exited = child?.Exited ?? Task.Delay(Timeout.InfiniteTimeSpan, clock.Time, ct);
        try
        {
            using var watching = CancellationTokenSource.CreateLinkedTokenSource(ct);
            var watched = WatchAsync(life, watching.Token);
            await Task.WhenAny(exited, watched);
            await watching.CancelAsync();
            var hung = await HungAsync(watched, watching.Token);
            ct.ThrowIfCancellationRequested();
            if (child is { Exited.IsCompletedSuccessfully: true })
            {
                return await EndAsync(life, $"The {name} ended with {ExitCodes.Words(child.Exited.Result)}. {_lines.Shown()}");
            }

            if (child is not null) await child.StopAsync(limits.StopGrace);
            if (_broken.Task.IsCompleted) return null;
            return await EndAsync(life, $"The {name} was given up: {hung}. {_lines.Shown()}");
        }
        finally
        {
            Doubt();
            if (child is not null) await child.StopAsync(limits.StopGrace);
            await life.EndAsync(new EngineException(EngineFault.EngineFailed, $"The worker is ending, and the {name} with it."));
        }
    }

    private static async Task<string?> HungAsync(Task<string> watched, CancellationToken ct)
    {
        try
        {
            return await watched;
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            return null;
        }
    }

    private ChildProcess Start(ServerCommand started)
    {
        var child = ChildProcess.Start(started, ChildEnvironment.Build(Environment.GetEnvironmentVariables(), log.Mask, started), _lines.Add, clock.Time);
        log.Info($"The {name} is started as process {child.Id}.");
        return child;
    }

    /// <returns>Why it counts as hung.</returns>
    private async Task<string> WatchAsync(ServerLife life, CancellationToken ct)
    {
        var began = clock.Time.GetTimestamp();
        for (var asked = 1; await AskAsync(life, ct) is { } why; asked++)
        {
            var waited = clock.Time.GetElapsedTime(began);
            if (waited >= limits.StartLimit)
            {
                GiveUp($"The {name} was not up after {waited.TotalSeconds:0} s: {why}. {_lines.Shown()} Give it more time, or correct its command or its health path.");
                return why;
            }

            if (asked % limits.LogEvery == 0) log.Info($"The {name} is not up yet after {waited.TotalSeconds:0.0} s and {asked} asks: {why}.");
            await Task.Delay(limits.ProbeInterval, clock.Time, ct);
        }

        log.Info($"The {name} is up after {clock.Time.GetElapsedTime(began).TotalSeconds:0.0} s.");
        var (up, heard) = (clock.Time.GetTimestamp(), clock.Time.GetTimestamp());
        while (true)
        {
            Announce(life);
            await Task.Delay(limits.HealthInterval, clock.Time, ct);
            for (var failed = 1; await AskAsync(life, ct) is { } why; failed++)
            {
                Doubt();
                if (failed == 1) log.Warning($"The {name} did not answer: {why}. No further job is taken until it does.");
                var silent = clock.Time.GetElapsedTime(heard);
                if (limits.HangLimit > TimeSpan.Zero && silent >= limits.HangLimit) return $"it did not answer for {silent.TotalSeconds:0} s ({why})";
                await Task.Delay(limits.HealthInterval, clock.Time, ct);
            }

            heard = clock.Time.GetTimestamp();
            if (clock.Time.GetElapsedTime(up) >= limits.Steady) _crashes.Forgive();
        }
    }

    private async Task<string?> AskAsync(ServerLife life, CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(limits.ProbeTimeout, clock.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        try
        {
            return await probe(life, either.Token) ?? (command is { HasFoundPort: true } ? null : Stranger(life.ProcessId));
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException)
        {
            return fault.InnerException is System.Net.Sockets.SocketException socket ? socket.Message : fault.Message;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return $"no answer within {limits.ProbeTimeout.TotalSeconds:0.#} s";
        }
    }

    private string? Stranger(int? group) => command?.Address is { } address ? PortOwner.Stranger(address, group) : null;

    private async Task<string> EndAsync(ServerLife life, string how)
    {
        var code = _lines.Mention("out of memory") ? EngineFault.OutOfMemory : EngineFault.EngineFailed;
        Doubt();
        await life.EndAsync(new EngineException(code, $"{how} What it was running is lost."));
        return how;
    }

    private void GiveUp(string message) =>
        _broken.TrySetResult(new EngineException(_lines.Mention("out of memory") ? EngineFault.OutOfMemory : EngineFault.EngineFailed, message));

    private void Announce(ServerLife life)
    {
        lock (_gate) _ready.TrySetResult(life);
    }

    private void Doubt()
    {
        lock (_gate)
        {
            if (_ready.Task.IsCompleted) _ready = NewReady();
        }
    }

    private Task<ServerLife> Ready()
    {
        lock (_gate) return _ready.Task;
    }

    private static TaskCompletionSource<ServerLife> NewReady() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
