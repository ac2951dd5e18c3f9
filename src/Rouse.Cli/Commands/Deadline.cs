using System.Globalization;
using Rouse.Cli.Api;

namespace Rouse.Cli.Commands;

/// <summary>A caller's token that also ends after a time, and knows which of the two it was.</summary>
internal sealed class Deadline : IDisposable
{
    private readonly TimeSpan? _after;
    private readonly CancellationTokenSource? _limit;
    private readonly CancellationTokenSource _either;
    private readonly CancellationToken _caller;

    /// <param name="after">Null for no limit.</param>
    public Deadline(TimeSpan? after, TimeProvider time, CancellationToken caller)
    {
        _after = after;
        _caller = caller;
        _limit = after is { } wait ? new CancellationTokenSource(wait, time) : null;
        _either = CancellationTokenSource.CreateLinkedTokenSource(caller, _limit?.Token ?? CancellationToken.None);
    }

    public CancellationToken Token => _either.Token;

    /// <summary>The time is up and the caller did not stop it.</summary>
    public bool HasPassed => _limit is { IsCancellationRequested: true } && !_caller.IsCancellationRequested;

    public Failure Failure(string what, string next)
        => new(ExitCode.Timeout, "TIMEOUT", string.Create(CultureInfo.InvariantCulture, $"after {_after?.TotalSeconds:0.#} s {what}"), next);

    public void Dispose()
    {
        _either.Dispose();
        _limit?.Dispose();
    }
}
