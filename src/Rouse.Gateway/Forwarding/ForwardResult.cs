namespace Rouse.Gateway.Forwarding;

/// <param name="BytesIn">Of the request's body, sent to the backend.</param>
/// <param name="BytesOut">Of the answer's body, relayed.</param>
public readonly record struct ForwardResult(ForwardOutcome Outcome, long BytesIn, long BytesOut)
{
    /// <summary>What to answer for <see cref="ForwardOutcome.BadRequest"/>: 400, 405, 408 or 413. 0 otherwise.</summary>
    public int RefusedWith { get; init; }
}

public enum ForwardOutcome
{
    /// <summary>The backend's answer, whatever its status, was relayed to its last byte.</summary>
    Relayed,

    /// <summary>Not a byte of the request reached a backend, and nothing was answered: it may be sent again, anywhere.</summary>
    NotSent,

    /// <summary>The request, or a part of it, was sent and no answer came. Nothing was answered to the caller.</summary>
    Failed,

    /// <summary>The same, because the backend was silent for too long.</summary>
    TimedOut,

    /// <summary>The answer had begun and broke off; the caller's stream was reset, so that it cannot be taken for whole.</summary>
    Truncated,

    /// <summary>The caller left.</summary>
    CallerGone,

    /// <summary>What the caller sent cannot be forwarded; nothing was answered yet.</summary>
    BadRequest,
}
