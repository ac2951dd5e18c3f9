namespace Rouse.FakeRunpod.Http;

/// <summary>One call as the fake saw it.</summary>
/// <param name="Plane">Which of the two services was called.</param>
/// <param name="Status">What was answered; 0 when the connection was cut instead.</param>
/// <param name="Account">The account whose key came; null when it was unknown.</param>
/// <param name="Body">As it came; empty without one.</param>
/// <param name="Response">What was (or, with a lost reply, would have been) answered.</param>
public sealed record CallRecord(
    CallPlane Plane, string Method, string Path, string Query, string Body, int Status, string? Account, string Response, DateTimeOffset At);

public enum CallPlane
{
    /// <summary>api.runpod.io: REST v2 and GraphQL.</summary>
    Management,

    /// <summary>api.runpod.ai, called by an account.</summary>
    Jobs,

    /// <summary>api.runpod.ai, called by a worker.</summary>
    Worker,
}
