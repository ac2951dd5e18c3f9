using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Rouse.Worker.Engines.Process;

/// <summary>What a server answered, as a job's result.</summary>
/// <param name="aggregates">Whether the output repeats what was streamed.</param>
internal sealed class AnswerReader(bool aggregates)
{
    /// <summary>Bytes of an answer. Larger ones are films, which fit; what is beyond would be held in memory by every job at once.</summary>
    public const int MaxBytes = 256 << 20;

    /// <summary>Bytes of a refusal that are read, and characters that are shown.</summary>
    private const int MaxRefusal = 64 << 10, ShownRefusal = 2_000;

    /// <summary>Bytes of a streamed answer that are kept to be repeated as a whole: what job planes take as one result.</summary>
    public const int MaxAggregate = 8 << 20;

    private static readonly string[] s_lines = ["application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines", "application/jsonlines", "application/stream+json"];

    /// <exception cref="EngineException">The server failed, or what it sent is not what it says.</exception>
    public async Task<EngineResult> ReadAsync(ServerRequest request, HttpResponseMessage response, JobEvents events, CancellationToken ct)
    {
        if (!response.IsSuccessStatusCode) return await RefusalAsync(request, response, ct);
        var type = response.Content.Headers.ContentType?.MediaType?.ToLowerInvariant() ?? "";
        if (type == "text/event-stream") return await StreamAsync(response, StreamLines.EventsAsync, events, ct);
        if (s_lines.Contains(type, StringComparer.Ordinal) || (request.AsksForStream && type == "text/plain")) return await StreamAsync(response, StreamLines.LinesAsync, events, ct);

        var body = await BytesAsync(response, ct);
        if (body.Length == 0) return new EngineResult.Completed("null"u8.ToArray());
        if (type is ServerRequest.Json || type.EndsWith("+json", StringComparison.Ordinal))
        {
            return IsJson(body) ? new EngineResult.Completed(body) : throw new EngineException(EngineFault.EngineFailed, $"The server's answer to {request} says that it is JSON, and is none.");
        }

        if (type.Split('/')[0] is "image" or "audio" or "video" && type.Contains('/', StringComparison.Ordinal)) return new EngineResult.Made([new OutputFile(type, body)], static _ => { });
        return new EngineResult.Completed(type.StartsWith("text/", StringComparison.Ordinal) ? Text(body) : Wrapped(type, body));
    }

    /// <summary>All of an answer, if it is not too much.</summary>
    /// <param name="most">Bytes it may have: less than <see cref="MaxBytes"/> where it is one of several.</param>
    /// <exception cref="EngineException">It is longer.</exception>
    public static async Task<byte[]> BytesAsync(HttpResponseMessage response, CancellationToken ct, int most = MaxBytes)
    {
        if (response.Content.Headers.ContentLength > most) throw TooLarge();
        await using var stream = await response.Content.ReadAsStreamAsync(ct);
        using var kept = new MemoryStream();
        var buffer = new byte[64 << 10];
        while (await stream.ReadAsync(buffer, ct) is var read and > 0)
        {
            kept.Write(buffer, 0, read);
            if (kept.Length > most) throw TooLarge();
        }

        return kept.ToArray();
    }

    /// <summary>A client's error is the caller's (4xx): nothing ran. Any other is the server's.</summary>
    public static async Task<EngineResult> RefusalAsync(ServerRequest request, HttpResponseMessage response, CancellationToken ct)
    {
        var text = await RefusalTextAsync(response, ct);
        var status = (int)response.StatusCode;
        var message = string.Create(CultureInfo.InvariantCulture, $"The server answered {request} with HTTP {status}{(text.Length == 0 ? "." : $": {text}")}");
        if (status is >= 400 and < 500) return new EngineResult.Refused(EngineFault.InvalidInput, message);
        throw new EngineException(text.Contains("out of memory", StringComparison.OrdinalIgnoreCase) ? EngineFault.OutOfMemory : EngineFault.EngineFailed, message);
    }

    private async Task<EngineResult> StreamAsync(
        HttpResponseMessage response, Func<Stream, CancellationToken, IAsyncEnumerable<byte[]>> read, JobEvents events, CancellationToken ct)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(ct);
        var all = aggregates ? new ArrayBufferWriter<byte>() : null;
        await foreach (var raw in read(stream, ct))
        {
            if (raw.AsSpan().Trim(" \t"u8) is var trimmed && (trimmed.IsEmpty || trimmed.SequenceEqual("[DONE]"u8))) continue;
            var part = IsJson(raw) ? raw : Text(raw);
            await events.Part(part, ct);
            if (all is null) continue;
            all.Write(all.WrittenCount == 0 ? "["u8 : ","u8);
            all.Write(part);
            if (all.WrittenCount > MaxAggregate) all = null;
        }

        return all is null ? new EngineResult.Streamed() : new EngineResult.Completed(all.WrittenCount == 0 ? "[]"u8.ToArray() : (byte[])[.. all.WrittenSpan, (byte)']']);
    }

    private static async Task<string> RefusalTextAsync(HttpResponseMessage response, CancellationToken ct)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(ct);
        var buffer = new byte[MaxRefusal];
        var text = Encoding.UTF8.GetString(buffer, 0, await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, ct)).Trim();
        return text.Length > ShownRefusal ? string.Concat(text.AsSpan(0, ShownRefusal), "…") : text;
    }

    private static bool IsJson(byte[] text)
    {
        if (!Utf8.IsValid(text)) return false;
        try
        {
            var reader = new Utf8JsonReader(text);
            while (reader.Read())
            {
                // To its end: a part that is cut off is none.
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static byte[] Text(byte[] utf8)
    {
        var buffer = new ArrayBufferWriter<byte>(utf8.Length + 2);
        using (var json = new Utf8JsonWriter(buffer)) json.WriteStringValue(Encoding.UTF8.GetString(utf8));
        return buffer.WrittenSpan.ToArray();
    }

    private static byte[] Wrapped(string type, byte[] body)
    {
        var buffer = new ArrayBufferWriter<byte>((body.Length * 4 / 3) + 128);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("content_type", type.Length == 0 ? "application/octet-stream" : type);
            json.WriteBase64String("body_base64", body);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static EngineException TooLarge() => new(EngineFault.EngineFailed, $"The server's answer is larger than {MaxBytes} bytes. Ask it for less at a time.");
}
