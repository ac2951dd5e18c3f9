using System.Text.Json;
using System.Text.Json.Serialization;

namespace Rouse.Contracts;

/// <summary>The one error shape: RFC 9457 problem details with a stable <see cref="Code"/>, plus the seed's <c>error</c>, <c>message</c> and <c>details</c>.</summary>
public sealed record Problem
{
    public string Type { get; init; } = "about:blank";

    public required string Title { get; init; }

    public required int Status { get; init; }

    public string? Detail { get; init; }

    /// <summary>Stable, upper case: <c>INVALID_REQUEST</c>, <c>DEPLOYMENT_NOT_FOUND</c>, …</summary>
    public required string Code { get; init; }

    [JsonPropertyName("trace_id")]
    public string? TraceId { get; init; }

    /// <summary>Same as <see cref="Code"/>; the seed's name for it.</summary>
    public required string Error { get; init; }

    /// <summary>Same as <see cref="Detail"/>, or the title.</summary>
    public required string Message { get; init; }

    public required IReadOnlyDictionary<string, JsonElement> Details { get; init; }
}
