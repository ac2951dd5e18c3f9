using System.Text.Json;
using System.Text.Json.Serialization;

namespace Rouse.Worker.Engines.Process;

/// <summary>
/// How a result is fetched from a server that only takes work in, such as ComfyUI. <c>{name}</c> stands for a member of its first answer. Places are JSON
/// pointers (RFC 6901) in the answer to <see cref="Path"/>, in which <c>*</c> stands for every member.
/// </summary>
internal sealed record PollPlan
{
    /// <summary>Asked with GET until <see cref="Until"/> is there; 404 is "not yet".</summary>
    public required string Path { get; init; }

    public required string Until { get; init; }

    /// <summary>A place whose being <see cref="FailIs"/> means that the work failed.</summary>
    public string? FailAt { get; init; }

    public string? FailIs { get; init; }

    /// <summary>The place of the output; null: all of the answer.</summary>
    public string? Result { get; init; }

    /// <summary>Places of what names a file each; <see cref="FilesPath"/> is filled with their members and fetched. Then the files are the output.</summary>
    public string? FilesAt { get; init; }

    public string? FilesPath { get; init; }

    /// <summary>Sent the first answer with POST when the job is cancelled or its time is up.</summary>
    public string? CancelPath { get; init; }

    public int? IntervalMs { get; init; }

    public TimeSpan Interval => TimeSpan.FromMilliseconds(IntervalMs ?? DefaultInterval);

    /// <summary>Milliseconds.</summary>
    private const int DefaultInterval = 500;

    /// <param name="text">A JSON object.</param>
    /// <param name="plan">Null with a fault.</param>
    /// <param name="fault">What it must be.</param>
    public static bool TryParse(string text, out PollPlan? plan, out string fault)
    {
        (plan, fault) = (null, "");
        try
        {
            plan = JsonSerializer.Deserialize(text, PollJson.Default.PollPlan);
            fault = plan is null ? "it must be an object." : plan.Fault() ?? "";
        }
        catch (JsonException error)
        {
            fault = $"it must be an object with path and until, and perhaps fail_at, fail_is, result, files_at, files_path, cancel_path, interval_ms ({error.Message})";
        }

        if (fault.Length > 0) plan = null;
        return plan is not null;
    }

    private string? Fault()
    {
        foreach (var (name, path) in new[] { ("path", Path), ("files_path", FilesPath), ("cancel_path", CancelPath) })
        {
            if (path is not null && ServerPath.Fault(path) is { } fault) return $"{name} {fault}.";
        }

        foreach (var (name, place) in new[] { ("until", Until), ("fail_at", FailAt), ("result", Result), ("files_at", FilesAt) })
        {
            if (place is not (null or "") && !place.StartsWith('/')) return $"{name} must be a place such as /name/0, beginning with '/'.";
        }

        if (FailAt is null != FailIs is null) return "fail_at and fail_is belong together.";
        if (FilesAt is null != FilesPath is null) return "files_at and files_path belong together.";
        return IntervalMs is < 50 or > 60_000 ? "interval_ms must be from 50 to 60000." : null;
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(PollPlan))]
internal sealed partial class PollJson : JsonSerializerContext;
