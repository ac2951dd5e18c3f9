using System.Text;
using System.Text.Json;
using Rouse.Contracts.Secrecy;

namespace Rouse.Worker.Engines.A1111.Calls;

/// <summary>
/// Why the WebUI did not do what it was asked, in its own words. FastAPI tells of wrong members in a list <c>detail</c>; the WebUI's own refusals are
/// <c>{"error":"HTTPException","detail":…}</c>, and what went wrong inside of it <c>{"error":type,"errors":message}</c>.
/// </summary>
/// <param name="IsCallers">The WebUI judged the request and found it wrong: another machine would too.</param>
/// <param name="IsNoRoute">There is no such route (FastAPI's bare <c>Not Found</c>), or something else answers there.</param>
internal sealed record WebUiError(int Status, string Words, bool IsCallers, bool IsNoRoute, bool IsOutOfMemory)
{
    /// <summary>Characters of the WebUI's words that a job's error repeats.</summary>
    public const int MaxWords = 1_000;

    private const string OwnRefusal = "HTTPException";

    public static WebUiError Read(int status, ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            if (document.RootElement.ValueKind == JsonValueKind.Object) return Read(status, document.RootElement);
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            // Not JSON, or not Unicode: a proxy's page, a traceback.
        }

        return Make(status, "", Encoding.UTF8.GetString(body.Span[..Math.Min(body.Length, MaxWords)]));
    }

    private static WebUiError Read(int status, JsonElement root)
    {
        var type = Text(root, "error");
        var detail = root.TryGetProperty("detail", out var value)
            ? value.ValueKind switch
            {
                JsonValueKind.String => value.GetString()!,
                JsonValueKind.Array => string.Join("; ", value.EnumerateArray().Take(10).Select(Member)),
                JsonValueKind.Null => "",
                _ => value.GetRawText(),
            }
            : "";
        var errors = Text(root, "errors");
        return Make(status, type, detail.Length > 0 ? detail : type.Length > 0 && type != OwnRefusal && errors.Length > 0 ? $"{type}: {errors}" : errors.Length > 0 ? errors : root.GetRawText());
    }

    /// <summary><c>{"loc":["body","steps"],"msg":"value is not a valid integer"}</c>: <c>steps: value is not a valid integer</c>.</summary>
    private static string Member(JsonElement item)
    {
        if (item.ValueKind != JsonValueKind.Object) return item.GetRawText();
        var place = item.TryGetProperty("loc", out var loc) && loc.ValueKind == JsonValueKind.Array
            ? string.Join('.', loc.EnumerateArray().Select(static part => part.ToString()).SkipWhile(static part => part is "body"))
            : "";
        return place.Length == 0 ? Text(item, "msg") : $"{place}: {Text(item, "msg")}";
    }

    private static WebUiError Make(int status, string type, string words)
    {
        var line = LogText.OneLine(words.Trim());
        if (line.Length > MaxWords) line = line[..MaxWords] + "…";
        var isNoRoute = status == 404 && type.Length == 0;
        return new WebUiError(
            status, line.Length == 0 ? "no words" : line, IsCallers: !isNoRoute && (status is >= 400 and < 500 || type == OwnRefusal), isNoRoute,
            IsOutOfMemory: type is "OutOfMemoryError" || words.Contains("out of memory", StringComparison.OrdinalIgnoreCase));
    }

    private static string Text(JsonElement value, string name) =>
        value.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString()! : "";
}
