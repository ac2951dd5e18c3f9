using System.Text;
using System.Text.Json;
using Rouse.Contracts.Workers;

namespace Rouse.Worker.Engines.Process;

/// <summary>
/// A job's input as a request, in one of three forms: <c>{"openai_route", "openai_input"}</c> as Runpod's vLLM worker takes it; <c>{"path", "method", "query",
/// "headers", "body" or "body_base64", "content_type", "poll"}</c>; else the whole input is the body for the path of the settings. Throws
/// <see cref="FormatException"/> worded for the caller.
/// </summary>
internal sealed class RequestReader(ProcessSettings settings)
{
    public const string Methods = "GET, POST, PUT, PATCH, DELETE";

    /// <summary>Fields of one request: more is a mistake.</summary>
    private const int MaxHeaders = 64;

    private static readonly string[] s_members = ["path", "method", "query", "headers", "body", "body_base64", "content_type", "poll"];

    // Hop by hop (RFC 9110, 7.6.1), made by the worker itself, or the server's trust in the worker.
    private static readonly HashSet<string> s_reserved = new(StringComparer.OrdinalIgnoreCase)
    {
        "Host", "Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authorization", "Proxy-Authenticate", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Expect",
        "Content-Length", "Content-Type", "Accept-Encoding", "Authorization", "Cookie", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded",
    };

    public static HttpMethod? Method(string text) => text.ToUpperInvariant() switch
    {
        "GET" => HttpMethod.Get,
        "POST" => HttpMethod.Post,
        "PUT" => HttpMethod.Put,
        "PATCH" => HttpMethod.Patch,
        "DELETE" => HttpMethod.Delete,
        _ => null,
    };

    /// <exception cref="FormatException">It is none: the message says what to send.</exception>
    public ServerRequest Read(JsonElement input)
    {
        try
        {
            return ReadForm(input);
        }
        catch (InvalidOperationException fault)
        {
            // Of System.Text.Json: half a surrogate pair. The caller's fault, and no sign of a broken machine.
            throw new FormatException("A name or a text of the input is not Unicode.", fault);
        }
    }

    private ServerRequest ReadForm(JsonElement input)
    {
        if (input.ValueKind == JsonValueKind.Object && input.TryGetProperty("openai_route", out var route)) return ReadOpenAi(input, route);
        var isExplicit = input.ValueKind == JsonValueKind.Object && input.TryGetProperty("path", out _);
        var stranger = isExplicit ? input.EnumerateObject().Select(static member => member.Name).FirstOrDefault(static name => !s_members.Contains(name, StringComparer.Ordinal)) : null;
        // A model's own input may have a member of this name too.
        if (isExplicit && (stranger is null || settings.Path is null)) return ReadExplicit(input, stranger);
        if (settings.Path is { } path) return new ServerRequest(settings.Method, path) { Body = Bytes(input), AsksForStream = IsStreaming(input), Poll = settings.Poll };
        throw new FormatException(
            $"The input must be an object with 'path' (such as {{\"path\": \"/v1/completions\", \"body\": {{…}}}}) or with 'openai_route' and 'openai_input'. Where the whole input is to be "
            + $"the body, set {ProcessVariables.Path} for the worker.");
    }

    private static ServerRequest ReadOpenAi(JsonElement input, JsonElement route)
    {
        var path = Path(route, "openai_route");
        var hasBody = input.TryGetProperty("openai_input", out var body) && body.ValueKind is not JsonValueKind.Null;
        return hasBody
            ? new ServerRequest(HttpMethod.Post, path) { Body = Bytes(body), AsksForStream = IsStreaming(body) }
            : new ServerRequest(HttpMethod.Get, path);
    }

    private static ServerRequest ReadExplicit(JsonElement input, string? stranger)
    {
        if (stranger is not null) throw new FormatException($"'{stranger}' is not a member of a request. They are: {string.Join(", ", s_members)}.");
        var path = Path(input.GetProperty("path"), "path");
        if (input.TryGetProperty("query", out var query)) path += (path.Contains('?', StringComparison.Ordinal) ? "&" : "?") + Query(query);
        if (path.Length > ServerPath.MaxLength) throw new FormatException($"'path' and 'query' together must be at most {ServerPath.MaxLength} characters long.");
        var (body, type) = Body(input);
        var method = input.TryGetProperty("method", out var word)
            ? Method(Text(word, "method")) ?? throw new FormatException($"'method' must be one of {Methods}, not '{word.GetString()}'.")
            : body is null ? HttpMethod.Get : HttpMethod.Post;
        return new ServerRequest(method, path)
        {
            Headers = input.TryGetProperty("headers", out var headers) ? Headers(headers) : [],
            Body = body,
            MediaType = type,
            AsksForStream = input.TryGetProperty("body", out var content) && IsStreaming(content),
            Poll = input.TryGetProperty("poll", out var poll) ? Poll(poll) : null,
        };
    }

    private static (ReadOnlyMemory<byte>? Body, string Type) Body(JsonElement input)
    {
        var type = input.TryGetProperty("content_type", out var named) ? Value(Text(named, "content_type"), "content_type") : null;
        var hasJson = input.TryGetProperty("body", out var json);
        var hasBytes = input.TryGetProperty("body_base64", out var base64);
        if (hasJson && hasBytes) throw new FormatException("'body' and 'body_base64' exclude each other.");
        if (hasBytes)
        {
            if (base64.ValueKind != JsonValueKind.String || !base64.TryGetBytesFromBase64(out var bytes)) throw new FormatException("'body_base64' must be a string in base64.");
            return (bytes, type ?? "application/octet-stream");
        }

        if (!hasJson) return (null, ServerRequest.Json);
        var isText = json.ValueKind == JsonValueKind.String && type is not null && !type.Contains("json", StringComparison.OrdinalIgnoreCase);
        return (isText ? Encoding.UTF8.GetBytes(json.GetString()!) : Bytes(json), type ?? ServerRequest.Json);
    }

    private static List<KeyValuePair<string, string>> Headers(JsonElement headers)
    {
        if (headers.ValueKind != JsonValueKind.Object || headers.GetPropertyCount() > MaxHeaders) throw new FormatException($"'headers' must be an object of at most {MaxHeaders} strings.");
        var read = new List<KeyValuePair<string, string>>();
        foreach (var header in headers.EnumerateObject())
        {
            if (s_reserved.Contains(header.Name)) throw new FormatException($"The header {header.Name} is the worker's own: leave it out. A body's type goes into 'content_type'.");
            if (header.Name.Length == 0 || !header.Name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')) throw new FormatException("The names of 'headers' may hold letters, digits, '-' and '_'.");
            read.Add(new(header.Name, Value(Text(header.Value, "headers." + header.Name), "headers." + header.Name)));
        }

        return read;
    }

    private static string Query(JsonElement query)
    {
        if (query.ValueKind != JsonValueKind.Object) throw new FormatException("'query' must be an object.");
        var pairs = query.EnumerateObject().SelectMany(static member => (member.Value.ValueKind == JsonValueKind.Array ? member.Value.EnumerateArray() : (IEnumerable<JsonElement>)[member.Value])
            .Select(value => $"{Uri.EscapeDataString(member.Name)}={Uri.EscapeDataString(Plain(value, member.Name))}"));
        return string.Join('&', pairs);
    }

    private static string Plain(JsonElement value, string name) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
        _ => throw new FormatException($"'query.{name}' must be a string, a number, true or false, or a list of them."),
    };

    private static PollPlan Poll(JsonElement poll) =>
        PollPlan.TryParse(poll.GetRawText(), out var plan, out var fault) ? plan! : throw new FormatException("'poll': " + fault);

    private static string Path(JsonElement path, string name)
    {
        var text = Text(path, name);
        return ServerPath.Fault(text) is { } fault ? throw new FormatException($"'{name}' {fault}.") : text;
    }

    private static string Text(JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()! : throw new FormatException($"'{name}' must be a string.");

    private static string Value(string text, string name) =>
        text.All(static c => c is >= ' ' and <= '~') ? text : throw new FormatException($"'{name}' may hold printable ASCII only.");

    private static byte[] Bytes(JsonElement json) => Encoding.UTF8.GetBytes(json.GetRawText());

    private static bool IsStreaming(JsonElement body) =>
        body.ValueKind == JsonValueKind.Object && body.TryGetProperty("stream", out var stream) && stream.ValueKind == JsonValueKind.True;
}
