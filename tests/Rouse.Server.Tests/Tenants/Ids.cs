using System.Text.Json;

namespace Rouse.Server.Tests.Tenants;

/// <summary>Things of a tenant that paths speak of, beside deployments, jobs and keys. A new kind of id in a path gets its line here.</summary>
internal static class Ids
{
    /// <param name="post">Makes something in the tenant's name: path, body → answer.</param>
    /// <returns>By the parameter, or, where its name stands for more than one kind, by the segment before it and the parameter.</returns>
    public static async Task<IReadOnlyDictionary<string, string>> OthersAsync(Func<string, string, Task<JsonElement>> post)
    {
        var made = await post("/v1/webhooks", """{"url":"http://127.0.0.1:9/of-alice"}""");
        var webhook = made.GetProperty("webhook").GetProperty("id").GetString()!;
        var delivery = (await post($"/v1/webhooks/{webhook}/test", "{}")).GetProperty("delivery_id").GetString()!;
        return new Dictionary<string, string>(StringComparer.Ordinal) { ["webhooks/id"] = webhook, ["delivery"] = delivery, ["model"] = "of-alice" };
    }
}
