using Rouse.FakeRunpod.Http;

namespace Rouse.FakeRunpod.Script;

public enum FaultKind
{
    /// <summary>The connection is cut and nothing has happened.</summary>
    CutBeforeEffect,

    /// <summary>The effect happens, the reply is lost.</summary>
    LostReply,

    /// <summary><see cref="Fault.Status"/> is answered and nothing has happened.</summary>
    RefusedBeforeEffect,

    /// <summary>The effect happens, <see cref="Fault.Status"/> is answered.</summary>
    ErrorAfterEffect,
}

/// <summary>Something that goes wrong with the next calls of a kind.</summary>
/// <param name="Kind">How it fails.</param>
/// <param name="Method">Only calls of this method; null: any.</param>
/// <param name="PathPrefix">Only calls under this path, for example <c>/v2/serverless</c>.</param>
public sealed record Fault(FaultKind Kind, string? Method = null, string PathPrefix = "/")
{
    /// <summary>For the kinds that answer.</summary>
    public int Status { get; init; } = 500;

    /// <summary>Runpod's own words for an internal error.</summary>
    public string Detail { get; init; } = "Something went wrong. Please try again later or contact support.";

    public TimeSpan? RetryAfter { get; init; }

    /// <summary>How many calls fail; <see cref="int.MaxValue"/>: all.</summary>
    public int Times { get; set; } = 1;

    public CallPlane Plane { get; init; } = CallPlane.Management;

    internal bool Matches(CallPlane plane, string method, string path) =>
        plane == Plane && (Method is null || Method == method) && path.StartsWith(PathPrefix, StringComparison.Ordinal);
}
