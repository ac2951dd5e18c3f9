using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Rouse.FakeRunpod.Http;

/// <summary>Checks one value of a body; what is wrong is added to <paramref name="errors"/>, with the place where it stands.</summary>
internal delegate void Rule(JsonNode? value, string place, List<string> errors);

/// <summary>The bodies REST v2 takes. Written by hand and not read from the OpenAPI document, so that each can find the other's mistakes.</summary>
internal static class Rules
{
    private static readonly TimeSpan s_matchLimit = TimeSpan.FromSeconds(1);

    public static readonly Rule Flag = Kind("boolean", static kind => kind is JsonValueKind.True or JsonValueKind.False);

    public static readonly Rule Anything = static (_, _, _) => { };

    /// <summary>An object of strings: an environment.</summary>
    public static readonly Rule Texts = static (value, place, errors) =>
    {
        if (value is not JsonObject map) errors.Add($"{place}: expected object");
        else foreach (var (name, item) in map) Text()(item, $"{place}.{name}", errors);
    };

    public static Rule Text(int min = 0, string? pattern = null) => (value, place, errors) =>
    {
        if (value?.GetValueKind() != JsonValueKind.String) errors.Add($"{place}: expected string");
        else if (value.GetValue<string>() is var text && text.Length < min) errors.Add($"{place}: minimum length is {min}");
        else if (pattern is not null && !Regex.IsMatch(text, pattern, RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, s_matchLimit))
        {
            errors.Add($"{place}: does not match {pattern}");
        }
    };

    public static Rule Word(params string[] values) => (value, place, errors) =>
    {
        if (value?.GetValueKind() != JsonValueKind.String || !values.Contains(value.GetValue<string>(), StringComparer.Ordinal))
        {
            errors.Add($"{place}: expected one of {string.Join(", ", values)}");
        }
    };

    public static Rule Whole(long min = long.MinValue, long max = long.MaxValue) => (value, place, errors) =>
    {
        var number = value.AsNumber();
        if (number is null || number != Math.Floor(number.Value)) errors.Add($"{place}: expected integer");
        else if (number < min || number > max) errors.Add(string.Create(CultureInfo.InvariantCulture, $"{place}: must be from {min} to {max}"));
    };

    public static Rule Number(double min) => (value, place, errors) =>
    {
        if (value.AsNumber() is not { } number) errors.Add($"{place}: expected number");
        else if (number < min) errors.Add(string.Create(CultureInfo.InvariantCulture, $"{place}: minimum is {min}"));
    };

    public static Rule OrNull(Rule rule) => (value, place, errors) =>
    {
        if (value is not null) rule(value, place, errors);
    };

    public static Rule ListOf(Rule rule, int min = 0, int max = int.MaxValue) => (value, place, errors) =>
    {
        if (value is not JsonArray list)
        {
            errors.Add($"{place}: expected array");
            return;
        }

        if (list.Count < min || list.Count > max) errors.Add($"{place}: has {list.Count} items");
        for (var i = 0; i < list.Count; i++) rule(list[i], $"{place}[{i}]", errors);
    };

    /// <summary>An object with these members and no others; a name that ends in <c>*</c> must be there.</summary>
    public static Rule Object(params (string Name, Rule Rule)[] members)
    {
        var rules = members.ToDictionary(static member => member.Name.TrimEnd('*'), static member => member.Rule, StringComparer.Ordinal);
        string[] required = [.. members.Where(static member => member.Name.EndsWith('*')).Select(static member => member.Name[..^1])];
        return (value, place, errors) =>
        {
            if (value is not JsonObject given)
            {
                errors.Add($"{place}: expected object");
                return;
            }

            foreach (var name in required.Where(name => !given.ContainsKey(name))) errors.Add($"{place}: missing property '{name}'");
            foreach (var (name, item) in given)
            {
                if (rules.TryGetValue(name, out var rule)) rule(item, $"{place}.{name}", errors);
                else errors.Add($"{place}: additional properties '{name}' not allowed");
            }
        };
    }

    /// <summary>One of several objects, told apart by a word in it.</summary>
    public static Rule ByWord(string member, params (string Word, Rule Rule)[] variants) => (value, place, errors) =>
    {
        var word = (value as JsonObject).TextAt(member);
        var rule = variants.FirstOrDefault(variant => variant.Word == word).Rule;
        if (rule is null) errors.Add($"{place}.{member}: expected one of {string.Join(", ", variants.Select(static variant => variant.Word))}");
        else rule(value, place, errors);
    };

    public static IReadOnlyList<string> Check(this Rule rule, JsonNode? body)
    {
        var errors = new List<string>();
        rule(body, "$", errors);
        return errors;
    }

    private static Rule Kind(string name, Predicate<JsonValueKind> allowed) => (value, place, errors) =>
    {
        if (value is null || !allowed(value.GetValueKind())) errors.Add($"{place}: expected {name}");
    };
}
