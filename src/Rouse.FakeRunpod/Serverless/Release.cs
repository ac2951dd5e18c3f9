using System.Text.Json.Nodes;

namespace Rouse.FakeRunpod.Serverless;

/// <param name="Diff">Objects of <c>field</c>, <c>old</c> and <c>new</c>.</param>
internal sealed record Release(string Id, int Version, DateTimeOffset CreatedAt, JsonArray Diff);
