using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Rouse.FakeRunpod.Jobs;

/// <summary>A request of the job plane: <c>/v2/{endpoint}/{operation}[/{first}[/{second}]]</c>.</summary>
/// <param name="Key">As it came, without <c>Bearer</c>: both forms are taken.</param>
internal sealed record JobCall(string Method, string Endpoint, string Operation, string? First, string? Second, string Key, string Body, IQueryCollection Parameters)
{
    private const int Prefix = 2;

    public static JobCall? From(HttpRequest request, string body)
    {
        // A worker whose template lacks the '?' appends its parameters to the path (runpod-python); they are cut off.
        var parts = request.Path.Value!.Trim('/').Split('/').Select(static part => part.Split('&')[0]).ToArray();
        if (parts is not ["v2", _, _, ..] || parts.Length > Prefix + 3) return null;
        var authorization = request.Headers.Authorization.ToString();
        var key = authorization.StartsWith("Bearer ", StringComparison.Ordinal) ? authorization["Bearer ".Length..] : authorization;
        return new JobCall(request.Method, parts[1], parts[2], parts.ElementAtOrDefault(3), parts.ElementAtOrDefault(4), key, body, request.Query);
    }

    public string? Query(string name) => Parameters[name] is [{ Length: > 0 } value, ..] ? value : null;

    /// <summary>Whatever the content type says: workers call their JSON a form.</summary>
    public JsonNode? Json()
    {
        try
        {
            return JsonNode.Parse(Body);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
