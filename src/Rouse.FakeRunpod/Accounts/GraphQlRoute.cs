using System.Text.Json.Nodes;
using Rouse.FakeRunpod.Http;
using Rouse.FakeRunpod.World;

namespace Rouse.FakeRunpod.Accounts;

/// <summary><c>POST /graphql</c>, of which only the balance is left that REST v2 does not tell.</summary>
internal sealed class GraphQlRoute(RunpodWorld world)
{
    private static readonly string[] s_fields = ["clientBalance", "currentSpendPerHr", "id", "email"];

    // GraphQL takes members a server does not know, such as operationName.
    public void Map(Router router) => router.Post("/graphql", Rules.Anything, Ask);

    private Answer Ask(Call call)
    {
        if (call.Body.TextAt("query") is not { } query || !query.Contains("myself", StringComparison.Ordinal))
        {
            return Refuse("Cannot query this field.");
        }

        var myself = new JsonObject();
        foreach (var field in s_fields.Where(field => query.Contains(field, StringComparison.Ordinal)))
        {
            myself[field] = field switch
            {
                "clientBalance" => world.BalanceOf(call.Account),
                "currentSpendPerHr" => world.Ledger.SpendPerHour(call.Account.Name),
                "id" => "user_" + call.Account.Name,
                _ => call.Account.Name + "@example.com",
            };
        }

        return myself.Count == 0
            ? Refuse("Field \"myself\" must have a selection of subfields.")
            : Answer.Ok(new JsonObject { ["data"] = new JsonObject { ["myself"] = myself } });
    }

    /// <summary>GraphQL answers 200 with <c>errors</c>.</summary>
    private static Answer Refuse(string message) =>
        Answer.Ok(new JsonObject { ["errors"] = Json.Array([(JsonNode)new JsonObject { ["message"] = message }]) });
}
