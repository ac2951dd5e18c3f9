using Rouse.Worker.Engines;

namespace Rouse.Worker.Supervision;

/// <summary>One life of a server, from its start to its death. A job that runs on it watches <see cref="Ended"/>.</summary>
internal sealed class ServerLife(ChildProcess? child)
{
    private readonly CancellationTokenSource _ended = new();
    private readonly TaskCompletionSource<EngineException> _death = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Cancelled when the server has died or was given up: what it was doing is lost.</summary>
    public CancellationToken Ended => _ended.Token;

    /// <summary>How it died, worded as a job's failure. Known before <see cref="Ended"/> is cancelled.</summary>
    public Task<EngineException> Death => _death.Task;

    /// <summary>Of the program; null where somebody else runs the server.</summary>
    public int? ProcessId => child?.Id;

    /// <summary>To its stdin; only with <see cref="ServerCommand.IsPiped"/>.</summary>
    public Stream Input => child!.Input;

    /// <summary>From its stdout; only with <see cref="ServerCommand.IsPiped"/>.</summary>
    public Stream Output => child!.Output;

    /// <summary>
    /// For a job whose connection broke: a server's death shows there a moment before it is known here. Null when the server lives after that moment.
    /// </summary>
    public async Task<EngineException?> DeathSoonAsync(TimeProvider time, CancellationToken ct)
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(ct);
        await Task.WhenAny(_death.Task, Task.Delay(Moment, time, cancel.Token));
        await cancel.CancelAsync();
        ct.ThrowIfCancellationRequested();
        return _death.Task.IsCompletedSuccessfully ? _death.Task.Result : null;
    }

    public async Task EndAsync(EngineException how)
    {
        if (_death.TrySetResult(how)) await _ended.CancelAsync();
    }

    /// <summary>From a closed connection to the end of its process: the kernel closes the one just before the other.</summary>
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(2);
}
