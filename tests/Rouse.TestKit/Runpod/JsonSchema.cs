using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Rouse.TestKit.Runpod;

/// <summary>
/// Checks values against the part of JSON Schema 2020-12 that Runpod's OpenAPI 3.1 document uses. A keyword it does not know makes it throw:
/// silence would pass for agreement.
/// </summary>
/// <param name="root">The document that <c>$ref</c> points into.</param>
public sealed class JsonSchema(JsonElement root)
{
    private static readonly TimeSpan s_matchLimit = TimeSpan.FromSeconds(1);

    // Annotations; a default fills nothing in, and a discriminator only helps to tell the branches of oneOf apart, which const and enum do too.
    private static readonly string[] s_passive =
        ["description", "title", "example", "examples", "default", "discriminator", "deprecated", "readOnly", "writeOnly", "$comment", "then", "else", "externalDocs"];

    /// <summary>What is wrong with a value; empty when nothing is.</summary>
    public IReadOnlyList<string> Check(JsonElement schema, JsonElement value, string place = "$")
    {
        var faults = new List<string>();
        Check(schema, value, place, faults, new HashSet<string>(StringComparer.Ordinal));
        return faults;
    }

    /// <summary>Follows <c>$ref</c>, here and in what it points at.</summary>
    public JsonElement Resolve(JsonElement node)
    {
        while (node.ValueKind == JsonValueKind.Object && node.TryGetProperty("$ref", out var reference))
        {
            node = reference.GetString()!.TrimStart('#', '/').Split('/')
                .Aggregate(root, static (at, part) => at.GetProperty(part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)));
        }

        return node;
    }

    /// <param name="seen">Gets the names of the object's members that some schema speaks of, for <c>unevaluatedProperties</c>.</param>
    private void Check(JsonElement schema, JsonElement value, string place, List<string> faults, HashSet<string> seen)
    {
        schema = Resolve(schema);
        if (schema.ValueKind == JsonValueKind.True) return;
        if (schema.ValueKind == JsonValueKind.False)
        {
            faults.Add($"{place}: nothing is allowed here");
            return;
        }

        foreach (var keyword in schema.EnumerateObject())
        {
            var (name, rule) = (keyword.Name, keyword.Value);
            switch (name)
            {
                case "allOf":
                    foreach (var part in rule.EnumerateArray()) Check(part, value, place, faults, seen);
                    break;
                case "anyOf" or "oneOf":
                    CheckBranches(name, rule, value, place, faults, seen);
                    break;
                case "not":
                    if (Try(rule, value, place) is not null) faults.Add($"{place}: must not match");
                    break;
                case "if":
                    var matches = Try(rule, value, place);
                    if (matches is not null) seen.UnionWith(matches);
                    if (schema.TryGetProperty(matches is not null ? "then" : "else", out var then)) Check(then, value, place, faults, seen);
                    break;
                case "unevaluatedProperties":
                    // After all others, below: it judges what they have left.
                    break;
                default:
                    if (!s_passive.Contains(name, StringComparer.Ordinal) && !name.StartsWith("x-", StringComparison.Ordinal))
                    {
                        CheckKeyword(schema, name, rule, value, place, faults, seen);
                    }

                    break;
            }
        }

        if (value.ValueKind == JsonValueKind.Object && schema.TryGetProperty("unevaluatedProperties", out var rest) && rest.ValueKind == JsonValueKind.False)
        {
            faults.AddRange(value.EnumerateObject().Where(member => !seen.Contains(member.Name)).Select(member => $"{place}: property '{member.Name}' is not allowed"));
        }
    }

    private void CheckBranches(string name, JsonElement branches, JsonElement value, string place, List<string> faults, HashSet<string> seen)
    {
        var fits = branches.EnumerateArray().Select(branch => Try(branch, value, place)).Where(static found => found is not null).ToList();
        foreach (var found in fits) seen.UnionWith(found!);
        if (fits.Count == 0) faults.Add($"{place}: fits none of {name}");
        if (name == "oneOf" && fits.Count > 1) faults.Add($"{place}: fits {fits.Count} of oneOf");
    }

    /// <summary>The members a schema speaks of; null when the value does not fit it.</summary>
    private HashSet<string>? Try(JsonElement schema, JsonElement value, string place)
    {
        var (faults, seen) = (new List<string>(), new HashSet<string>(StringComparer.Ordinal));
        Check(schema, value, place, faults, seen);
        return faults.Count == 0 ? seen : null;
    }

    private void CheckKeyword(JsonElement schema, string name, JsonElement rule, JsonElement value, string place, List<string> faults, HashSet<string> seen)
    {
        var kind = value.ValueKind;
        string? fault = (name, kind) switch
        {
            ("type", _) => Types(rule).Any(type => IsOf(type, value)) ? null : $"expected {string.Join(" or ", Types(rule))}, got {kind}",
            ("enum", _) => rule.EnumerateArray().Any(option => JsonElement.DeepEquals(option, value)) ? null : $"{value} is not one of {rule}",
            ("const", _) => JsonElement.DeepEquals(rule, value) ? null : $"{value} is not {rule}",
            ("minimum", JsonValueKind.Number) => value.GetDouble() >= rule.GetDouble() ? null : $"below {rule}",
            ("maximum", JsonValueKind.Number) => value.GetDouble() <= rule.GetDouble() ? null : $"above {rule}",
            ("minLength", JsonValueKind.String) => value.GetString()!.Length >= rule.GetInt32() ? null : $"shorter than {rule}",
            ("maxLength", JsonValueKind.String) => value.GetString()!.Length <= rule.GetInt32() ? null : $"longer than {rule}",
            ("pattern", JsonValueKind.String) => Regex.IsMatch(value.GetString()!, rule.GetString()!, RegexOptions.CultureInvariant, s_matchLimit)
                ? null
                : $"does not match {rule}",
            ("format", JsonValueKind.String) => HasFormat(rule.GetString()!, value.GetString()!) ? null : $"is no {rule}",
            ("minItems", JsonValueKind.Array) => value.GetArrayLength() >= rule.GetInt32() ? null : $"fewer than {rule} items",
            ("maxItems", JsonValueKind.Array) => value.GetArrayLength() <= rule.GetInt32() ? null : $"more than {rule} items",
            ("uniqueItems", JsonValueKind.Array) => value.EnumerateArray().Select(static item => item.GetRawText()).Distinct(StringComparer.Ordinal).Count() == value.GetArrayLength()
                ? null
                : "items repeat",
            ("minProperties", JsonValueKind.Object) => value.EnumerateObject().Count() >= rule.GetInt32() ? null : $"fewer than {rule} properties",
            ("minimum" or "maximum" or "minLength" or "maxLength" or "pattern" or "format" or "minItems" or "maxItems" or "uniqueItems" or "minProperties", _) => null,
            ("items", JsonValueKind.Array) => Items(rule, value, place, faults),
            ("required", JsonValueKind.Object) => Missing(rule, value),
            ("dependentRequired", JsonValueKind.Object) => rule.EnumerateObject()
                .Where(pair => value.TryGetProperty(pair.Name, out _))
                .Select(pair => Missing(pair.Value, value)).FirstOrDefault(static missing => missing is not null),
            ("properties" or "additionalProperties", JsonValueKind.Object) => Members(schema, name, rule, value, place, faults, seen),
            ("items" or "required" or "dependentRequired" or "properties" or "additionalProperties", _) => null,
            _ => throw new NotSupportedException($"JSON Schema keyword {name}"),
        };
        if (fault is not null) faults.Add($"{place}: {fault}");
    }

    private string? Items(JsonElement rule, JsonElement value, string place, List<string> faults)
    {
        var index = 0;
        foreach (var item in value.EnumerateArray()) Check(rule, item, $"{place}[{index++}]", faults, new HashSet<string>(StringComparer.Ordinal));
        return null;
    }

    private string? Members(JsonElement schema, string name, JsonElement rule, JsonElement value, string place, List<string> faults, HashSet<string> seen)
    {
        var isNamed = name == "properties";
        foreach (var member in value.EnumerateObject())
        {
            var known = (isNamed ? rule : schema.TryGetProperty("properties", out var properties) ? properties : default) is { ValueKind: JsonValueKind.Object } named
                && named.TryGetProperty(member.Name, out var ofMember) ? ofMember : (JsonElement?)null;
            if (isNamed != known.HasValue) continue;
            seen.Add(member.Name);
            if (!isNamed && rule.ValueKind == JsonValueKind.False) faults.Add($"{place}: property '{member.Name}' is not allowed");
            else Check(known ?? rule, member.Value, $"{place}.{member.Name}", faults, new HashSet<string>(StringComparer.Ordinal));
        }

        return null;
    }

    private static string? Missing(JsonElement names, JsonElement value) =>
        names.EnumerateArray().Select(static name => name.GetString()!).FirstOrDefault(name => !value.TryGetProperty(name, out _)) is { } missing
            ? $"property '{missing}' is missing"
            : null;

    private static string[] Types(JsonElement rule) =>
        rule.ValueKind == JsonValueKind.Array ? [.. rule.EnumerateArray().Select(static type => type.GetString()!)] : [rule.GetString()!];

    private static bool IsOf(string type, JsonElement value) => type switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "null" => value.ValueKind == JsonValueKind.Null,
        "number" => value.ValueKind == JsonValueKind.Number,
        "integer" => value.ValueKind == JsonValueKind.Number && value.GetDouble() is var number && number == Math.Floor(number),
        _ => throw new NotSupportedException($"JSON Schema type {type}"),
    };

    private static bool HasFormat(string format, string text) => format switch
    {
        "date-time" => DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out _),
        "uri" => Uri.TryCreate(text.Replace("{job_id}", "id", StringComparison.Ordinal), UriKind.Absolute, out _),
        _ => true,
    };
}
