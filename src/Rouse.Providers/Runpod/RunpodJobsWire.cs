using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Rouse.Core.Jobs;
using Rouse.Core.Ports;

namespace Rouse.Providers.Runpod;

/// <summary>Jobs as Runpod's data plane writes them (docs.runpod.io, serverless/endpoints). Sent strictly, read leniently.</summary>
internal static class RunpodJobsWire
{
    /// <summary>JSON nesting of results, as deep as our own job plane takes them.</summary>
    private static readonly JsonDocumentOptions s_reading = new() { MaxDepth = 256 };

    /// <summary>The body of <c>/run</c>. Without the caller's webhook: the job's end is told from here, once.</summary>
    public static byte[] Run(HandedJob job)
    {
        var buffer = new ArrayBufferWriter<byte>(job.Input.Length + 256);
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true }))
        {
            writer.WriteStartObject();
            writer.WritePropertyName("input"u8);
            writer.WriteRawValue(job.Input, skipInputValidation: true);
            writer.WriteStartObject("policy"u8);
            writer.WriteNumber("executionTimeout"u8, Milliseconds(job.Terms.ExecutionTimeout, JobTerms.ShortestExecutionTimeout));
            writer.WriteNumber("ttl"u8, Milliseconds(job.Terms.TimeToLive, JobTerms.ShortestTimeToLive));
            writer.WriteBoolean("lowPriority"u8, job.Terms.LowPriority);
            writer.WriteEndObject();
            if (job.S3Config is { } s3)
            {
                writer.WritePropertyName("s3Config"u8);
                writer.WriteRawValue(s3, skipInputValidation: true);
            }

            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>The job's id in the answer to <c>/run</c>; null when there is none.</summary>
    public static ProviderJobId? Submitted(byte[] body) => Read(body, static root => Text(root, "id") is { Length: > 0 } id ? new ProviderJobId(id) : (ProviderJobId?)null);

    /// <summary>The answer to <c>/status</c>; null when it is none.</summary>
    public static JobSighting? Status(byte[] body) => Read(body, static root => Text(root, "status") is { } word && Word(word) is { } status
        ? new JobSighting(status, Raw(root, "output"), Error(root), Execution(root))
        : null);

    private static T? Read<T>(byte[] body, Func<JsonElement, T?> read)
    {
        try
        {
            using var document = JsonDocument.Parse(body, s_reading);
            return document.RootElement.ValueKind == JsonValueKind.Object ? read(document.RootElement) : default;
        }
        catch (JsonException)
        {
            return default;
        }
    }

    private static JobStatus? Word(string word) => word switch
    {
        "IN_QUEUE" => JobStatus.InQueue,
        "IN_PROGRESS" or "RUNNING" => JobStatus.InProgress,
        "COMPLETED" => JobStatus.Completed,
        "FAILED" => JobStatus.Failed,
        "CANCELLED" => JobStatus.Cancelled,
        "TIMED_OUT" => JobStatus.TimedOut,
        _ => null,
    };

    private static string? Text(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static byte[]? Raw(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) ? JsonMarshal.GetRawUtf8Value(value).ToArray() : null;

    /// <summary>Workers send text; should one send an object, its JSON is the text.</summary>
    private static string? Error(JsonElement root) => !root.TryGetProperty("error", out var value) || value.ValueKind == JsonValueKind.Null ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString()
        : Encoding.UTF8.GetString(JsonMarshal.GetRawUtf8Value(value));

    private static TimeSpan? Execution(JsonElement root) =>
        root.TryGetProperty("executionTime", out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var ms) && ms >= 0
            && ms <= JobTerms.Longest.TotalMilliseconds
            ? TimeSpan.FromMilliseconds(ms)
            : null;

    private static long Milliseconds(TimeSpan span, TimeSpan least) => (long)(span < least ? least : span).TotalMilliseconds;
}
