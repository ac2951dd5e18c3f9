using System.Text.Json.Nodes;
using Microsoft.AspNetCore.WebUtilities;

namespace Rouse.FakeRunpod.Http;

/// <summary>What a handler answers; refusals are RFC 9457 documents as REST v2 sends them.</summary>
internal sealed record Answer(int Status, JsonNode? Body = null)
{
    public static readonly Answer NoContent = new(204);

    public bool IsProblem => Status >= 400;

    public TimeSpan? RetryAfter { get; init; }

    public static Answer Ok(JsonNode body) => new(200, body);

    public static Answer Created(JsonNode body) => new(201, body);

    public static Answer Problem(int status, string detail, IReadOnlyCollection<string>? errors = null)
    {
        var body = new JsonObject { ["title"] = ReasonPhrases.GetReasonPhrase(status), ["status"] = status, ["detail"] = detail };
        if (errors is { Count: > 0 }) body["errors"] = new JsonArray([.. errors.Select(error => (JsonNode)error)]);
        return new Answer(status, body);
    }

    public static Answer NotFound(string what) => Problem(404, $"{what} not found");

    public static Answer Invalid(params IReadOnlyCollection<string> errors) => Problem(422, "request validation failed", errors);
}
