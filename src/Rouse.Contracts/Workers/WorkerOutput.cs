using System.ComponentModel.DataAnnotations;

namespace Rouse.Contracts.Workers;

/// <summary>
/// A worker has made something: <c>POST /internal/v1/deployments/{id}/attempts/{n}/outputs</c>, signed as its reports are. The same question is asked before the bytes are sent,
/// to learn where to, and afterwards, to learn that they are there: so it may be repeated at any point.
/// </summary>
public sealed record WorkerOutputRequest
{
    [StringLength(128, MinimumLength = 1)]
    public required string WorkerId { get; init; }

    /// <summary>Of the bytes, in lower case hexadecimal.</summary>
    [RegularExpression("^[0-9a-f]{64}$")]
    public required string Sha256 { get; init; }

    [Range(0, WorkerReport.MaxCount)]
    public required long Size { get; init; }

    /// <summary>Such as <c>image/png</c>; one that is not known is stored as bytes.</summary>
    [StringLength(128, MinimumLength = 1)]
    public required string MediaType { get; init; }
}

/// <summary>Answer to <see cref="WorkerOutputRequest"/>.</summary>
public sealed record WorkerOutputReply
{
    /// <summary>It is there, whole, and <see cref="Url"/> opens it. Otherwise it is to be sent to <see cref="PutUrl"/>.</summary>
    public required bool Stored { get; init; }

    /// <summary>For the job's answer: reads this one thing until <see cref="ExpiresAt"/>, and asks for no key.</summary>
    public string? Url { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Takes the bytes by PUT, and nothing else. Relative to where the question was sent, or elsewhere.</summary>
    public string? PutUrl { get; init; }
}
