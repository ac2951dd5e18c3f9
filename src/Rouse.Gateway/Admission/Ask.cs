using Rouse.Core.Scheduling;
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
public readonly record struct Admitted(Grant? Grant, AdmissionRefusal? Refusal);

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
