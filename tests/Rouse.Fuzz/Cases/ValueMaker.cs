using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Rouse.Fuzz.Document;

namespace Rouse.Fuzz.Cases;

/// <summary>Values that a schema allows, at its bounds more often than chance would have them.</summary>
/// <param name="words">By member name: values that mean something to this server, for a pattern alone does not tell a model that exists.</param>
internal sealed class ValueMaker(ApiDocument document, IReadOnlyDictionary<string, IReadOnlyList<string>> words)
{
    private const int MaxDepth = 6;

    public JsonPiece Make(JsonElement schema, string name, Chance chance, int depth = 0)
    {
        schema = document.Schema.Resolve(schema);
        foreach (var branches in new[] { "oneOf", "anyOf" })
        {
            if (schema.TryGetProperty(branches, out var options)) return Make(chance.Pick([.. options.EnumerateArray()]), name, chance, depth);
        }

        var isOptional = Types(schema).Contains("null", StringComparer.Ordinal);
        if (isOptional && chance.OneIn(6)) return JsonPiece.Null;
        if (schema.TryGetProperty("enum", out var closed))
        {
            return JsonPiece.From(chance.Pick([.. closed.EnumerateArray().Where(option => option.ValueKind != JsonValueKind.Null)]));
        }

        if (words.TryGetValue(name, out var known) && !chance.OneIn(8)) return JsonPiece.Text(chance.Pick(known));
        return Types(schema).FirstOrDefault(type => type != "null") switch
        {
            "object" => Members(schema, chance, depth),
            "array" => Items(schema, name, chance, depth),
            "integer" => new JsonLiteral(Integer(schema, chance).ToString(CultureInfo.InvariantCulture)),
            "number" => new JsonLiteral(Number(schema, chance).ToString("R", CultureInfo.InvariantCulture)),
            "boolean" => new JsonLiteral(chance.OneIn(2) ? "true" : "false"),
            "string" => JsonPiece.Text(Text(schema, chance)),
            _ => Anything(chance),
        };
    }

    public static IEnumerable<string> Types(JsonElement schema) =>
        schema.ValueKind != JsonValueKind.Object || !schema.TryGetProperty("type", out var type) ? []
        : type.ValueKind == JsonValueKind.Array ? type.EnumerateArray().Select(one => one.GetString()!) : [type.GetString()!];

    /// <summary>At a bound in half of all cases.</summary>
    public static long Integer(JsonElement schema, Chance chance)
    {
        var (least, most) = (Bound(schema, "minimum", 0), Bound(schema, "maximum", 1000));
        if (most < least) most = least;
        return chance.Below(4) switch
        {
            0 => least,
            1 => most,
            _ => least + (long)(chance.Next() % (ulong)Math.Min(most - least + 1, int.MaxValue)),
        };
    }

    public static long Bound(JsonElement schema, string name, long otherwise) =>
        schema.TryGetProperty(name, out var bound) && bound.TryGetDouble(out var value) ? (long)Math.Clamp(value, -9e15, 9e15) : otherwise;

    public static int Length(JsonElement schema, string name, int otherwise) =>
        schema.TryGetProperty(name, out var bound) && bound.TryGetInt32(out var value) ? value : otherwise;

    private static double Number(JsonElement schema, Chance chance) => chance.OneIn(3)
        ? Integer(schema, chance)
        : Math.Clamp(chance.Below(100_000) / 16.0, Bound(schema, "minimum", 0) + (schema.TryGetProperty("minimum", out _) ? 0.5 : 0), Bound(schema, "maximum", 100_000));

    private static string Text(JsonElement schema, Chance chance)
    {
        switch (schema.TryGetProperty("format", out var format) ? format.GetString() : null)
        {
            case "date-time":
                return chance.Pick(["2026-01-02T03:04:05Z", "2026-01-02T03:04:05.123456+14:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"]);
            case "uri":
                return chance.Pick(["https://hooks.invalid/a", "https://hooks.invalid:8443/a?b=c#d"]);
        }

        var (least, most) = (Length(schema, "minLength", 0), Length(schema, "maxLength", 40));
        var length = chance.Below(4) switch { 0 => least, 1 => Math.Min(most, 20_000), _ => least + chance.Below(Math.Min(most - least, 60) + 1) };
        const string letters = "abcdefghijklmnopqrstuvwxyz0123456789-";
        var plain = new char[length];
        for (var i = 0; i < length; i++) plain[i] = letters[chance.Below(i == 0 || i == length - 1 ? 36 : 37)];
        return new string(plain);
    }

    private static JsonPiece Anything(Chance chance) => chance.OneIn(3)
        ? new JsonLiteral(chance.Pick(NastyText.Literals.Where(IsSound).ToList()))
        : new JsonMembers([new("\"prompt\"", JsonPiece.Text("a lake")), new("\"steps\"", new JsonLiteral("2"))]);

    private static bool IsSound(string json) => !json.Contains("\\ud", StringComparison.Ordinal);

    private JsonMembers Members(JsonElement schema, Chance chance, int depth)
    {
        var required = schema.TryGetProperty("required", out var names) ? names.EnumerateArray().Select(name => name.GetString()!).ToHashSet(StringComparer.Ordinal) : [];
        var list = ImmutableList.CreateBuilder<KeyValuePair<string, JsonPiece>>();
        if (schema.TryGetProperty("properties", out var properties) && depth < MaxDepth)
        {
            // A case in four has all members, one in four only those that must be there.
            var share = chance.Below(4);
            foreach (var member in properties.EnumerateObject())
            {
                if (!required.Contains(member.Name) && share != 0 && (share == 1 || !chance.OneIn(3))) continue;
                list.Add(new(JsonPiece.Quote(member.Name), Make(member.Value, member.Name, chance, depth + 1)));
            }
        }

        if (schema.TryGetProperty("additionalProperties", out var more) && more.ValueKind == JsonValueKind.Object)
        {
            for (var i = chance.Below(3); i > 0; i--) list.Add(new(JsonPiece.Quote("k" + i.ToString(CultureInfo.InvariantCulture)), Make(more, "", chance, depth + 1)));
        }

        if (list.Count == 0 && Length(schema, "minProperties", 0) > 0) list.Add(new("\"prompt\"", JsonPiece.Text("a lake")));
        return new JsonMembers(list.ToImmutable());
    }

    private JsonItems Items(JsonElement schema, string name, Chance chance, int depth)
    {
        if (!schema.TryGetProperty("items", out var of) || depth >= MaxDepth) return new JsonItems([]);
        var count = Math.Clamp(chance.Below(4), Length(schema, "minItems", 0), Length(schema, "maxItems", 4));
        return new JsonItems([.. Enumerable.Range(0, count).Select(_ => Make(of, name, chance, depth + 1))]);
    }
}
