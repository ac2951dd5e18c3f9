using System.Text.Json;
using Rouse.TestKit.Runpod;

namespace Rouse.Fuzz.Document;

/// <summary>The committed OpenAPI document, read as a client would: what it does not say is not promised.</summary>
internal sealed class ApiDocument
{
    private static readonly string[] s_methods = ["get", "put", "post", "delete", "patch", "head", "options"];

    private ApiDocument(JsonElement root)
    {
        Root = root;
        Schema = new JsonSchema(root);
        Operations = [.. root.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject()
            .Where(entry => s_methods.Contains(entry.Name, StringComparer.Ordinal))
            .Select(entry => Read(path.Name, entry.Name.ToUpperInvariant(), path.Value, entry.Value)))];
    }

    public JsonElement Root { get; }

    public JsonSchema Schema { get; }

    public IReadOnlyList<ApiOperation> Operations { get; }

    public static ApiDocument Committed() => Parse(File.ReadAllText(Repository.Document));

    public static ApiDocument Parse(string json) => new(JsonElement.Parse(json));

    public ApiOperation Operation(string id) => Operations.Single(operation => operation.Id == id);

    /// <summary>The operations that a path leads to, by any method: a word may be one path's own and another's parameter.</summary>
    public IEnumerable<ApiOperation> At(string path) => Operations.Where(operation => Matches(operation.Path.Split('/'), path.Split('/')));

    private static bool Matches(string[] template, string[] path) =>
        template.Length == path.Length && template.Zip(path).All(static pair => pair.First == pair.Second || (pair.First.StartsWith('{') && pair.Second.Length > 0));

    private ApiOperation Read(string path, string method, JsonElement item, JsonElement operation)
    {
        var parameters = new[] { item, operation }.SelectMany(holder => holder.TryGetProperty("parameters", out var list) ? list.EnumerateArray().Select(Schema.Resolve) : [])
            .Select(parameter => new ApiParameter(
                parameter.GetProperty("name").GetString()!, parameter.GetProperty("in").GetString()!, Schema.Resolve(parameter.GetProperty("schema")),
                parameter.TryGetProperty("required", out var required) && required.GetBoolean()));
        JsonElement? body = operation.TryGetProperty("requestBody", out var given) ? Schema.Resolve(given) : null;
        JsonElement? schema = body is { } with && with.GetProperty("content").TryGetProperty("application/json", out var json) && json.TryGetProperty("schema", out var of) ? of : null;
        return new ApiOperation(
            operation.GetProperty("operationId").GetString()!, method, path, [.. parameters], schema,
            body is { } there && there.TryGetProperty("required", out var must) && must.GetBoolean(),
            operation.GetProperty("responses"), operation.TryGetProperty("security", out var security) && security.GetArrayLength() > 0);
    }
}
