using System.Text.Json.Nodes;
using Rouse.FakeRunpod.Accounts;
using Rouse.FakeRunpod.World;

namespace Rouse.FakeRunpod.Templates;

internal sealed class Template(string id, Account account, JsonObject body, DateTimeOffset createdAt) : Resource(id, account, body, createdAt);
