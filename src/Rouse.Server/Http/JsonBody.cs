using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace Rouse.Server.Http;

/// <summary>
/// Reads a JSON body strictly and by hand: the framework's binding answers 500 to <c>charset=bogus</c> and does not hand out the bytes that
/// an idempotency fingerprint needs.
/// </summary>
internal static class JsonBody
{
    /// <summary>Bodies of <c>/v1</c> are a handful of fields; 64 KiB is room for all of them at their longest.</summary>
    public const int MaxBytes = 64 * 1024;

    public static async ValueTask<JsonBody<T>> ReadAsync<T>(HttpContext context, JsonTypeInfo<T> type, int maxBytes = MaxBytes)
        where T : class
    {
        if (!IsUtf8Json(context.Request.ContentType))
        {
            return new(null, default, Problems.Result(ErrorCode.UnsupportedMediaType, "Set Content-Type: application/json (charset utf-8 or none)."));
        }

        var bytes = await ReadBytesAsync(context, maxBytes);
        if (bytes is null) return new(null, default, Problems.Result(ErrorCode.TooLarge, $"The body may have at most {maxBytes} bytes."));
        return Parse(bytes, type);
    }

    public static JsonBody<T> Parse<T>(byte[] bytes, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            var value = JsonSerializer.Deserialize(bytes, type);
            return value is null
                ? new(null, default, Problems.Result(ErrorCode.InvalidJson, "The body must be a JSON object, not null."))
                : new(value, bytes, null);
        }
        catch (JsonException error)
        {
            return new(null, default, Problems.Result(ErrorCode.InvalidJson, Explain(error)));
        }
    }

    /// <returns>Null when the body is longer than allowed.</returns>
    public static async ValueTask<byte[]?> ReadBytesAsync(HttpContext context, int maxBytes)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size) size.MaxRequestBodySize = null;
        if (context.Request.ContentLength > maxBytes) return null;
        var writer = new ArrayBufferWriter<byte>((int)Math.Min(context.Request.ContentLength ?? 1024, maxBytes) + 1);
        while (true)
        {
            var read = await context.Request.Body.ReadAsync(writer.GetMemory(1024), context.RequestAborted);
            if (read == 0) return writer.WrittenSpan.ToArray();
            writer.Advance(read);
            if (writer.WrittenCount > maxBytes) return null;
        }
    }

    public static bool IsUtf8Json(string? contentType)
    {
        if (!MediaTypeHeaderValue.TryParse(contentType, out var type)) return false;
        var json = type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase) || type.Suffix.Equals("json", StringComparison.OrdinalIgnoreCase);
        return json && (!type.Charset.HasValue || type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase)
            || type.Charset.Equals("\"utf-8\"", StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>The serializer's text names types of ours; the path and place are what a caller can use.</summary>
    private static string Explain(JsonException error)
    {
        var text = new StringBuilder("The body is not what this operation takes");
        var unknown = error.Message.Contains("could not be mapped", StringComparison.Ordinal);
        // A member's unknown name is the caller's text, and may be a secret that slipped from its place.
        if (!unknown && error.Path is { Length: > 1 and < 200 } path) text.Append(" at ").Append(path);
        if (error.LineNumber is { } line) text.Append(CultureInfo.InvariantCulture, $" (line {line + 1}, byte {error.BytePositionInLine})");
        return text.Append(unknown ? ": unknown member. GET /openapi.json lists the known ones." : ": wrong type or broken JSON.").ToString();
    }
}

/// <summary>Either the value and its bytes, or the problem to answer with.</summary>
internal readonly record struct JsonBody<T>(T? Value, ReadOnlyMemory<byte> Bytes, IResult? Problem)
    where T : class;
