using System.Text.Json.Nodes;
using Rouse.FakeRunpod.Accounts;

namespace Rouse.FakeRunpod.World;

/// <summary>Something an account made. It stays known after its deletion, because a list may show it for a while yet.</summary>
internal class Resource(string id, Account account, JsonObject body, DateTimeOffset createdAt)
{
    public string Id { get; } = id;

    public Account Account { get; } = account;

    /// <summary>The settings as responses show them, complete.</summary>
    public JsonObject Body { get; } = body;

    public DateTimeOffset CreatedAt { get; } = createdAt;

    public DateTimeOffset? DeletedAt { get; set; }

    public bool IsAlive => DeletedAt is null;

    public string Name => (string)Body["name"]!;
}
