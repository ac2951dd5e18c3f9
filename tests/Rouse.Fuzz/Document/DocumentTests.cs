using System.Text.Json;
using Rouse.Fuzz.Cases;

namespace Rouse.Fuzz.Document;

/// <summary>The document is good enough to write a client from: what is sent has bounds, what is answered has a shape, what is refused has codes.</summary>
public sealed class DocumentTests
{
    private static readonly ApiDocument s_document = ApiDocument.Committed();

    /// <summary>Values of theirs are passed on as they are; the size of the body bounds them.</summary>
    private static readonly string[] s_unbounded =
    [
        "worker_id", "run", "failure_code", "failure_message", "level", "message", "stage", "unit", "phase", "cleanup",
        // Of OpenAI's and Automatic1111's clients.
        "size", "quality", "style", "background", "moderation", "user", "sampler_name",
    ];

    [Fact]
    public void EveryTextAndNumberThatIsSent_HasItsBounds()
    {
        List<string> missing = [];
        foreach (var operation in s_document.Operations)
        {
            if (operation.Body is { } body) Look(body, operation.Id, missing, []);
            foreach (var parameter in operation.Parameters.Where(parameter => parameter.In != "path" && !IsBounded(parameter.Schema))) missing.Add($"{operation.Id} {parameter.Name}");
        }

        Assert.Empty(missing.Distinct(StringComparer.Ordinal));
    }

    [Fact]
    public void EveryOperationWithABody_SaysThatUnreadableOnesAreRefused() => Assert.All(
        s_document.Operations.Where(operation => operation.Body is not null),
        operation => Assert.All(new[] { "400", "413", "415" }, status => Assert.True(operation.Responses.TryGetProperty(status, out _), $"{operation.Id} {status}")));

    [Fact]
    public void EverySecuredOperation_SaysWhoIsTurnedAway() => Assert.All(
        s_document.Operations.Where(operation => operation.IsSecured),
        operation => Assert.All(new[] { "401", "403", "429", "503" }, status => Assert.True(operation.Responses.TryGetProperty(status, out _), $"{operation.Id} {status}")));

    /// <summary>But for those of interfaces that are not this server's own: their clients read another shape.</summary>
    [Fact]
    public void EveryRefusal_IsAProblem() => Assert.All(
        s_document.Operations.Where(operation => !operation.Path.StartsWith("/openai/", StringComparison.Ordinal) && !operation.Path.StartsWith("/sdapi/", StringComparison.Ordinal))
            .SelectMany(operation => operation.Responses.EnumerateObject().Where(response => response.Name[0] is '4' or '5').Select(response => (operation.Id, response))),
        entry => Assert.True(entry.response.Value.GetProperty("content").TryGetProperty("application/problem+json", out _), $"{entry.Id} {entry.response.Name}"));

    private static void Look(JsonElement schema, string place, List<string> missing, HashSet<string> seen)
    {
        if (schema.TryGetProperty("$ref", out var reference) && !seen.Add(reference.GetString()!)) return;
        schema = s_document.Schema.Resolve(schema);
        if (schema.TryGetProperty("oneOf", out var branches)) foreach (var branch in branches.EnumerateArray()) Look(branch, place, missing, seen);
        if (schema.TryGetProperty("items", out var items)) Look(items, place, missing, seen);
        if (!schema.TryGetProperty("properties", out var properties)) return;
        foreach (var member in properties.EnumerateObject())
        {
            Look(member.Value, $"{place} {member.Name}", missing, seen);
            if (!IsBounded(s_document.Schema.Resolve(member.Value)) && !s_unbounded.Contains(member.Name, StringComparer.Ordinal)) missing.Add($"{place} {member.Name}");
        }
    }

    private static bool IsBounded(JsonElement schema)
    {
        var types = ValueMaker.Types(schema).ToList();
        bool Has(string name) => schema.TryGetProperty(name, out _);
        if (types.Contains("string")) return Has("maxLength") || Has("pattern") || Has("enum") || Has("format");
        return (!types.Contains("integer") && !types.Contains("number")) || (Has("minimum") && Has("maximum"));
    }
}
