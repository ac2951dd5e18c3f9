using System.Text;
using System.Text.Json;
using Rouse.Core.Jobs;

namespace Rouse.Server.ServiceJobs;

/// <summary>
/// The input of a job of a service that came by <c>/v2/{service}/run</c>:
/// <code>{"method":"POST","path":"/x","headers":{"accept":"text/plain"},"body":{"any":"JSON"}}</code>
/// or <c>body_base64</c> in place of <c>body</c>. Only <c>path</c> is needed. A body that is JSON is sent as <c>application/json</c> unless a header says otherwise.
/// </summary>
internal static class ServiceInput
{
    /// <summary>Header fields that a caller may name.</summary>
    private const int MaxHeaders = 50;

    /// <returns>Null, and a sentence, when it cannot be sent.</returns>
    public static (ServiceRequest Request, byte[] Body)? TryParse(byte[] input, int maxDepth, out string? refusal)
    {
        try
        {
            using var document = JsonDocument.Parse(input, new JsonDocumentOptions { MaxDepth = maxDepth });
            return Parse(document.RootElement, out refusal);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // The latter for half a surrogate pair, which no text can hold.
            refusal = "input is not an object of text and JSON.";
            return null;
        }
    }

    private static (ServiceRequest Request, byte[] Body)? Parse(JsonElement input, out string? refusal)
    {
        refusal = "input must be an object {method, path, headers, body or body_base64}.";
        if (input.ValueKind != JsonValueKind.Object) return null;
        refusal = "input.method must be GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS.";
        if (!TryText(input, "method", out var word) || RequestTarget.Method(word ?? "POST") is not { } method) return null;
        refusal = "input.path must be a path with its query, such as /v1/things?a=1, percent-encoded and without segments of dots.";
        if (!TryText(input, "path", out var path) || !RequestTarget.IsTarget(path)) return null;
        refusal = $"input.headers must be an object of at most {MaxHeaders} names and texts.";
        if (!TryHeaders(input, out var headers)) return null;
        refusal = "input.body_base64 must be base64, and not beside body.";
        var hasJson = input.TryGetProperty("body", out var json) && json.ValueKind != JsonValueKind.Null;
        if (!TryText(input, "body_base64", out var base64) || (base64 is not null && hasJson)) return null;
        byte[] body;
        if (base64 is null) body = hasJson ? Encoding.UTF8.GetBytes(json.GetRawText()) : [];
        else if (input.GetProperty("body_base64").TryGetBytesFromBase64(out var bytes)) body = bytes;
        else return null;
        if (hasJson && !headers.Exists(static header => header.Key.Equals("content-type", StringComparison.OrdinalIgnoreCase))) headers.Add(new("content-type", "application/json"));
        refusal = null;
        return (new ServiceRequest(method, path!, headers, Body: null), body);
    }

    private static bool TryHeaders(JsonElement input, out List<KeyValuePair<string, string>> headers)
    {
        headers = [];
        if (!input.TryGetProperty("headers", out var member) || member.ValueKind == JsonValueKind.Null) return true;
        if (member.ValueKind != JsonValueKind.Object || member.GetPropertyCount() > MaxHeaders) return false;
        foreach (var header in member.EnumerateObject())
        {
            if (header.Value.ValueKind != JsonValueKind.String || !KeptHeaders.IsField(header.Name, header.Value.GetString()!)) return false;
            if (KeptHeaders.IsSent(header.Name)) headers.Add(new(header.Name, header.Value.GetString()!));
        }

        return true;
    }

    private static bool TryText(JsonElement input, string name, out string? text)
    {
        text = null;
        if (!input.TryGetProperty(name, out var member) || member.ValueKind == JsonValueKind.Null) return true;
        if (member.ValueKind != JsonValueKind.String) return false;
        text = member.GetString();
        return true;
    }
}
