using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Rouse.Fuzz.Document;

namespace Rouse.Fuzz.Cases;

/// <summary>Makes a value wrong in one place, or puts it just on or over a bound of its schema. Whether it still fits is for the schema to say.</summary>
internal sealed class Spoiler(ApiDocument document)
{
    public JsonPiece Spoil(JsonPiece value, JsonElement? schema, Chance chance)
    {
        var known = schema is { } given ? Unwrap(given) : default;
        switch (value)
        {
            case JsonMembers members when !chance.OneIn(8):
                return SpoilMembers(members, known, chance);
            case JsonItems { List.Count: > 0 } items when !chance.OneIn(3):
                var at = chance.Below(items.List.Count);
                return items with { List = items.List.SetItem(at, Spoil(items.List[at], Of(known, "items"), chance)) };
            default:
                return Replace(known, chance);
        }
    }

    private JsonMembers SpoilMembers(JsonMembers members, JsonElement schema, Chance chance)
    {
        var list = members.List;
        var at = list.Count == 0 ? 0 : chance.Below(list.Count);
        switch (list.Count == 0 ? 1 : chance.Below(8))
        {
            case 0:
                return new(list.RemoveAt(at));
            case 1:
                return new(list.Add(new(JsonPiece.Quote(chance.OneIn(2) ? "surprise" : NastyText.Any(chance)), new JsonLiteral(chance.Pick(NastyText.Literals)))));
            case 2:
                return new(list.Add(new(list[at].Key, chance.OneIn(2) ? list[at].Value : Replace(default, chance))));
            case 3:
                return new(list.SetItem(at, new(Renamed(list[at].Key, chance), list[at].Value)));
            default:
                JsonElement? inner = Of(schema, "properties") is { ValueKind: JsonValueKind.Object } properties && Name(list[at].Key) is { } name && properties.TryGetProperty(name, out var of)
                    ? of
                    : null;
                return new(list.SetItem(at, new(list[at].Key, Spoil(list[at].Value, inner, chance))));
        }
    }

    private static JsonPiece Replace(JsonElement schema, Chance chance)
    {
        var types = ValueMaker.Types(schema).ToList();
        return chance.Below(6) switch
        {
            0 => new JsonLiteral(chance.Pick(NastyText.Literals)),
            1 => new JsonLiteral(NastyText.Deep(chance)),
            2 or 3 when types.Contains("integer") || types.Contains("number") => AtNumericBound(schema, chance),
            2 or 3 when types.Contains("string") => AtLength(schema, chance),
            _ => JsonPiece.Text(NastyText.Any(chance)),
        };
    }

    private static JsonLiteral AtNumericBound(JsonElement schema, Chance chance)
    {
        var bound = chance.OneIn(2) ? ValueMaker.Bound(schema, "minimum", 0) : ValueMaker.Bound(schema, "maximum", int.MaxValue);
        return new JsonLiteral((bound + chance.Pick(new[] { -1m, 0m, 1m, 0.5m, -0.5m })).ToString(CultureInfo.InvariantCulture));
    }

    private static JsonPiece AtLength(JsonElement schema, Chance chance)
    {
        var bound = chance.OneIn(2) ? ValueMaker.Length(schema, "minLength", 0) : ValueMaker.Length(schema, "maxLength", 256);
        return JsonPiece.Text(new string("aZ9-é"[chance.Below(5)], Math.Max(0, Math.Min(bound, 70_000) + chance.Below(3) - 1)));
    }

    private static string Renamed(string json, Chance chance) => chance.Below(3) switch
    {
        0 => json.ToUpperInvariant(),
        1 => json.Replace("_", "", StringComparison.Ordinal),
        _ => json.Insert(1, chance.Pick([" ", "\\u0000", "$", "\\ud800"])),
    };

    private static string? Name(string json) => json.Length >= 2 && !json.Contains('\\', StringComparison.Ordinal) ? json[1..^1] : null;

    private static JsonElement Of(JsonElement schema, string name) =>
        schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty(name, out var found) ? found : default;

    /// <summary>The schema proper, behind references and "this or null".</summary>
    private JsonElement Unwrap(JsonElement schema)
    {
        schema = document.Schema.Resolve(schema);
        return Of(schema, "oneOf") is { ValueKind: JsonValueKind.Array } branches
            ? branches.EnumerateArray().Select(document.Schema.Resolve).FirstOrDefault(branch => !ValueMaker.Types(branch).SequenceEqual(["null"]))
            : schema;
    }
}
