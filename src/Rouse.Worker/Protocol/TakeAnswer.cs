using System.Text.Json;

namespace Rouse.Worker.Protocol;

/// <summary>A job as the plane hands it out. <see cref="Input"/> reaches the engine unchanged.</summary>
internal sealed record TakenJob(string Id, JsonElement Input)
{
    /// <summary>
    /// Sent to bring up the first worker of an endpoint that scales to zero (docs/adr/0009). That it was taken is all there is to it: the model is
    /// loaded before the first take.
    /// </summary>
    public bool IsWarmUp => Input.ValueKind == JsonValueKind.Object && Input.TryGetProperty("rouse_warm_up", out var asked) && asked.ValueKind == JsonValueKind.True;

    /// <summary>The trace of whoever sent the job; null where nobody traces.</summary>
    public string? TraceParent { get; init; }

    /// <summary>One object or a list of them; a member without an id is passed over, as the SDK passes it over.</summary>
    public static IReadOnlyList<TakenJob> Parse(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        IEnumerable<JsonElement> items = root.ValueKind == JsonValueKind.Array ? root.EnumerateArray() : [root];
        return [.. items.Select(One).OfType<TakenJob>()];
    }

    private static TakenJob? One(JsonElement job) =>
        job.ValueKind == JsonValueKind.Object && job.TryGetProperty("id", out var id) && id.ValueKind == JsonValueKind.String && id.GetString() is { Length: > 0 } text
            ? new TakenJob(text, job.TryGetProperty("input", out var input) ? input.Clone() : default)
            {
                TraceParent = job.TryGetProperty("traceparent", out var trace) && trace.ValueKind == JsonValueKind.String ? trace.GetString() : null,
            }
            : null;
}

/// <summary>What a take poll came back with.</summary>
internal abstract record TakeAnswer
{
    internal sealed record Jobs(IReadOnlyList<TakenJob> Taken) : TakeAnswer;

    /// <summary>No job now (204, or 400 while FlashBoot holds the worker): ask again.</summary>
    internal sealed record Nothing : TakeAnswer;

    /// <summary>429.</summary>
    internal sealed record TooMany : TakeAnswer;

    internal sealed record Failed(string Why) : TakeAnswer;
}
