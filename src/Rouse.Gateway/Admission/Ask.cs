using Rouse.Core.Tenancy;
using Rouse.Gateway.Routing;

namespace Rouse.Gateway.Admission;

/// <summary>One request before it is sent anywhere.</summary>
/// <param name="Caller">Whose share of the places it takes.</param>
/// <param name="Bytes">Of its body, as far as it is known; what it takes of the bound in bytes.</param>
/// <param name="Wait">The longest its caller wants to wait; null for as long as the route allows.</param>
public readonly record struct Ask(TenantId Caller, AskPriority Priority, long Bytes, TimeSpan? Wait = null);

/// <summary>Who goes first among those that wait; within one, who came first.</summary>
public enum AskPriority
{
    /// <summary>Somebody waits for the answer.</summary>
    Held,

    /// <summary>A queued job.</summary>
    Queued,
}

/// <summary>What became of an <see cref="Ask"/>: exactly one of both is set.</summary>
public readonly record struct Admitted(Grant? Grant, Refusal? Refusal);

/// <summary>A place at a backend. Disposed when the last byte of the answer is out, or nothing was sent.</summary>
public sealed class Grant(Route route, RouteBackend backend, TimeSpan waited, bool coldStart, Action<Grant> release) : IDisposable
{
    private int _isReleased;

    /// <summary>Which of its door's requests it is.</summary>
    internal long Ticket { get; init; }

    public Route Route => route;

    public RouteBackend Backend => backend;

    public TimeSpan Waited => waited;

    /// <summary>Nobody was ready when it came.</summary>
    public bool ColdStart => coldStart;

    /// <summary>To be said before it is disposed: how long it lasted tells nothing of how long a request takes.</summary>
    public bool NothingSent { get; set; }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isReleased, 1) == 0) release(this);
    }
}

/// <param name="RetryAfter">When asking again makes sense.</param>
/// <param name="Position">Of a request that would have been the next in the queue; 0 where that means nothing.</param>
public sealed record Refusal(RefusalReason Reason, TimeSpan RetryAfter, int Position)
{
    /// <summary>How long it would have waited there.</summary>
    public TimeSpan ExpectedWait { get; init; }
}

public enum RefusalReason
{
    /// <summary>All places are taken: 429.</summary>
    QueueFull,

    /// <summary>The bytes of those that wait are too many: 429.</summary>
    QueueBytesFull,

    /// <summary>This tenant's share of all places is used up: 429.</summary>
    TenantFull,

    /// <summary>Held as long as it may be and nothing woke: 504.</summary>
    WakeTimeout,

    /// <summary>Held as long as it may be and all capacity stayed busy: 503.</summary>
    BusyTimeout,

    /// <summary>The deployment ended: 409.</summary>
    Ended,

    /// <summary>The server is about to stop and hands back what it holds: 503.</summary>
    Stopping,
}
