using System.Globalization;
using System.Text.Json;
using Rouse.FakeRunpod.Http;

namespace Rouse.TestKit.Runpod;

/// <summary>Holds calls against Runpod's own OpenAPI document of REST v2 (of 2026-08-18), which is not part of this repository.</summary>
public sealed class OpenApiCheck
{
    /// <summary>Why a test that needs the document did not run.</summary>
    public const string WhySkipped = "Runpod's OpenAPI document (shared/data/runpod-rest-v2-openapi.json, beside a folder above this one) is not here.";

    private const string FileName = "shared/data/runpod-rest-v2-openapi.json";

    private readonly JsonElement _document;
    private readonly JsonSchema _schema;
    private readonly List<(string Path, string[] Parts)> _paths;

    private OpenApiCheck(JsonElement document)
    {
        _document = document;
        _schema = new JsonSchema(document);
        // Literal parts win over parameters.
        _paths = [.. document.GetProperty("paths").EnumerateObject().Select(static path => (path.Name, path.Name.Split('/'))).OrderBy(static path => path.Name.Count(static c => c == '{'))];
    }

    /// <summary>Null where the document is absent, as in a public clone.</summary>
    public static OpenApiCheck? Load()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            var file = Path.Combine(folder, FileName);
            if (File.Exists(file)) return new OpenApiCheck(JsonElement.Parse(File.ReadAllText(file)));
        }

        return null;
    }

    /// <summary>What is wrong with the requests of the management API: paths, query, bodies. GraphQL is not judged.</summary>
    public IReadOnlyList<string> Requests(IEnumerable<CallRecord> calls) => Judge(calls, RequestFaults);

    /// <summary>What is wrong with what was answered; a reply that was cut off is not judged.</summary>
    public IReadOnlyList<string> Responses(IEnumerable<CallRecord> calls) => Judge(calls, ResponseFaults);

    private static IReadOnlyList<string> Judge(IEnumerable<CallRecord> calls, Func<CallRecord, IEnumerable<string>> faults) =>
    [
        .. calls.Where(static call => call.Plane == CallPlane.Management && call.Path != "/graphql")
            .SelectMany(call => faults(call).Select(fault => $"{call.Method} {call.Path}{call.Query} ({call.Status}): {fault}")),
    ];

    private IEnumerable<string> RequestFaults(CallRecord call)
    {
        if (Find(call) is not { } found) return ["no such operation in the document"];
        var (operation, parameters) = found;
        var faults = new List<string>();
        var query = Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(call.Query);
        var known = parameters
            .Where(static parameter => parameter.GetProperty("in").GetString() == "query")
            .ToDictionary(static parameter => parameter.GetProperty("name").GetString()!, StringComparer.Ordinal);
        foreach (var (name, values) in query)
        {
            if (known.TryGetValue(name, out var parameter)) faults.AddRange(QueryFaults(parameter, name, values.ToString()));
            else faults.Add($"query parameter '{name}' is not in the document");
        }

        if (operation.TryGetProperty("requestBody", out var body))
        {
            var schema = _schema.Resolve(body).GetProperty("content").GetProperty("application/json").GetProperty("schema");
            faults.AddRange(Parse(call.Body) is { } value ? _schema.Check(schema, value) : ["the body is not JSON"]);
        }
        else if (call.Body.Length > 0)
        {
            faults.Add("a body where none is taken");
        }

        return faults;
    }

    private IEnumerable<string> QueryFaults(JsonElement parameter, string name, string text)
    {
        var schema = _schema.Resolve(parameter.GetProperty("schema"));
        var isList = schema.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String && type.GetString() == "array";
        return isList
            ? _schema.Check(schema, JsonSerializer.SerializeToElement(text.Split(',')), $"query.{name}")
            : _schema.Check(schema, IsNumber(schema) && Parse(text) is { } number ? number : JsonSerializer.SerializeToElement(text), $"query.{name}");
    }

    private IEnumerable<string> ResponseFaults(CallRecord call)
    {
        if (call.Status == 0) return [];
        if (Find(call) is not { } found) return call.Status == 404 ? [] : ["no such operation in the document"];
        var responses = found.Operation.GetProperty("responses");
        var status = call.Status.ToString(CultureInfo.InvariantCulture);
        if (!responses.TryGetProperty(status, out var response) && !(call.Status >= 400 && responses.TryGetProperty("default", out response)))
        {
            return [$"status {status} is not in the document"];
        }

        response = _schema.Resolve(response);
        if (!response.TryGetProperty("content", out var content)) return call.Response.Length == 0 ? [] : ["a body where none is promised"];
        return Parse(call.Response) is { } value
            ? _schema.Check(content.EnumerateObject().First().Value.GetProperty("schema"), value)
            : ["the answer is not JSON"];
    }

    private (JsonElement Operation, List<JsonElement> Parameters)? Find(CallRecord call)
    {
        var parts = call.Path.Split('/');
        var path = _paths.Find(path => path.Parts.Length == parts.Length && path.Parts.Zip(parts).All(static pair => pair.First.StartsWith('{') ? pair.Second.Length > 0 : pair.First == pair.Second)).Path;
        if (path is null) return null;
        var item = _document.GetProperty("paths").GetProperty(path);
        if (!item.TryGetProperty(call.Method.ToLowerInvariant(), out var operation)) return null;
        var parameters = new[] { item, operation }
            .SelectMany(holder => holder.TryGetProperty("parameters", out var list) ? list.EnumerateArray().Select(_schema.Resolve) : []);
        return (operation, [.. parameters]);
    }

    private static bool IsNumber(JsonElement schema) =>
        schema.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String && type.GetString() is "integer" or "number" or "boolean";

    private static JsonElement? Parse(string text)
    {
        try
        {
            return JsonElement.Parse(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
