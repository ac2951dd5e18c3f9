using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;
using Rouse.Core.Jobs;
using Rouse.Server.Spool;

namespace Rouse.Server.ServiceJobs;

/// <summary>
/// What a service answered as the output of its job: <c>{"status":200,"headers":{…},"body":…}</c>. A small body that is JSON or text is in it; another is
/// named by <c>body_url</c>, where the answer lies as it came.
/// </summary>
internal static class ReplyDocument
{
    /// <summary>Bytes of a body that go into the output, and with it into webhooks.</summary>
    public const int MaxInline = 256 * 1024;

    /// <param name="url">Of the whole answer.</param>
    public static async ValueTask<byte[]> WriteAsync(KeptReply reply, SpoolFolder spool, string url, int maxDepth, CancellationToken ct)
    {
        var body = await InlineAsync(reply, spool, ct);
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteNumber("status"u8, reply.Status);
            writer.WriteStartObject("headers"u8);
            // Fields that came more than once are one list, as RFC 9110 §5.3 has it.
            foreach (var header in reply.Headers.GroupBy(static header => header.Key.ToLowerInvariant(), static header => header.Value, StringComparer.Ordinal))
            {
                writer.WriteString(header.Key, string.Join(", ", header));
            }

            writer.WriteEndObject();
            if (body is not null)
            {
                writer.WritePropertyName("body"u8);
                if (Type(reply).EndsWith("json", StringComparison.OrdinalIgnoreCase) && IsJson(body, maxDepth)) writer.WriteRawValue(body, skipInputValidation: true);
                else writer.WriteStringValue(body);
            }
            else if (reply.Body is { } spooled)
            {
                writer.WriteNumber("bytes"u8, spooled.Bytes);
                writer.WriteString("body_url"u8, url);
            }

            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static async ValueTask<byte[]?> InlineAsync(KeptReply reply, SpoolFolder spool, CancellationToken ct)
    {
        if (reply.Body is not { Bytes: <= MaxInline } spooled || !IsText(reply)) return null;
        if (await spool.OpenWholeAsync(spooled, ct) is not { } file) return null;
        await using var _ = file;
        var bytes = new byte[spooled.Bytes];
        await file.ReadExactlyAsync(bytes, ct);
        return Utf8.IsValid(bytes) ? bytes : null;
    }

    private static bool IsText(KeptReply reply)
    {
        if (Value(reply, "content-encoding") is not null) return false;
        var type = Type(reply);
        return type.StartsWith("text/", StringComparison.OrdinalIgnoreCase) || type.EndsWith("json", StringComparison.OrdinalIgnoreCase) || type.EndsWith("xml", StringComparison.OrdinalIgnoreCase);
    }

    private static bool IsJson(byte[] body, int maxDepth)
    {
        try
        {
            // One level is the document's own.
            var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = maxDepth - 1 });
            while (reader.Read()) reader.Skip();
            return body.Length > 0;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static string Type(KeptReply reply) => (Value(reply, "content-type") ?? "").Split(';')[0].Trim();

    private static string? Value(KeptReply reply, string name) =>
        reply.Headers.FirstOrDefault(header => header.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;
}
