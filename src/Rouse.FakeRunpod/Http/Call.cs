using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Rouse.FakeRunpod.Accounts;

namespace Rouse.FakeRunpod.Http;

/// <summary>One request of the management API, its account known and its body read.</summary>
internal sealed record Call(Account Account, HttpRequest Request, JsonNode? Body)
{
    public string Id => Route("id");

    /// <summary>Of a request whose body has passed its rule.</summary>
    public JsonObject Members => (JsonObject)Body!;

    public string Route(string name) => (string)Request.RouteValues[name]!;

    public string? Query(string name) => Request.Query[name] is [{ Length: > 0 } value, ..] ? value : null;

    /// <summary>A comma-separated parameter; empty when it is missing.</summary>
    public string[] QueryList(string name) => Query(name)?.Split(',') ?? [];
}
