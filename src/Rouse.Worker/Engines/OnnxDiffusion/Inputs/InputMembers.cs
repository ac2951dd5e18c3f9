using System.Globalization;
using System.Text.Json;

namespace Rouse.Worker.Engines.OnnxDiffusion.Inputs;

/// <summary>
/// The members of a job's input. The first one found wrong is kept as <see cref="Fault"/>, naming the member, what it may be and what it was;
/// readers answer the default from then on. Null counts as absent.
/// </summary>
internal sealed class InputMembers
{
    private const int MaxShown = 60; // characters of a wrong value that a message repeats
    private readonly Dictionary<string, JsonElement> _given = new(StringComparer.Ordinal);

    /// <param name="known">All that it may have.</param>
    /// <param name="needed">The one that it must have, for the message to those who send no object.</param>
    public InputMembers(JsonElement input, IReadOnlyList<string> known, string needed = "prompt")
    {
        if (input.ValueKind != JsonValueKind.Object)
        {
            Fault = $"The input must be an object with at least '{needed}'; it was {Show(input)}.";
            return;
        }

        foreach (var member in input.EnumerateObject())
        {
            if (known.FirstOrDefault(word => word == NameOf(member)) is not { } name)
                Fault ??= $"'{Shorten(NameOf(member))}' is not a member of this input. It may have: {string.Join(", ", known)}.";
            else if (!_given.TryAdd(name, member.Value))
                Fault ??= $"'{name}' is given twice. Give it once.";
        }
    }

    public string? Fault { get; private set; }

    public bool Has(string name) => _given.TryGetValue(name, out var value) && value.ValueKind != JsonValueKind.Null;

    public void Refuse(string name, string expected) =>
        Fault ??= $"'{name}' must be {expected}; it was {(Has(name) ? Show(_given[name]) : "absent")}.";

    public string Text(string name, int min, int max, string fallback)
    {
        if (Fault is not null || !Has(name)) return fallback;
        var text = ReadText(_given[name]);
        if (text is not null && text.Length >= min && text.Length <= max) return text;
        Refuse(name, text is null ? $"text of {min} to {max} characters" : $"{min} to {max} characters long, and had {text.Length}");
        return fallback;
    }

    public long Whole(string name, long min, long max, long fallback)
    {
        if (Fault is not null || !Has(name)) return fallback;

        // 20.0 is a whole number too: some languages write no other kind.
        if (_given[name] is { ValueKind: JsonValueKind.Number } number && number.TryGetDecimal(out var value)
            && value == decimal.Truncate(value) && value >= min && value <= max) return (long)value;
        Refuse(name, string.Create(CultureInfo.InvariantCulture, $"a whole number from {min} to {max}"));
        return fallback;
    }

    public double Number(string name, double min, double max, double fallback)
    {
        if (Fault is not null || !Has(name)) return fallback;
        if (_given[name] is { ValueKind: JsonValueKind.Number } number
            && number.TryGetDouble(out var value) && value >= min && value <= max) return value;
        Refuse(name, string.Create(CultureInfo.InvariantCulture, $"a number from {min} to {max}"));
        return fallback;
    }

    private static string? ReadText(JsonElement value) => value.ValueKind == JsonValueKind.String ? Unescape(() => value.GetString()) : null;

    private static string NameOf(JsonProperty member) => Unescape(() => member.Name) ?? "(not Unicode)";

    /// <summary>Null for escapes that make no Unicode, such as a lone <c>\ud800</c>, on which the JSON reader throws.</summary>
    private static string? Unescape(Func<string?> read)
    {
        try
        {
            return read();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static string Show(JsonElement value) => value.ValueKind == JsonValueKind.Undefined ? "absent" : Shorten(value.GetRawText());

    private static string Shorten(string text) => text.Length <= MaxShown ? text : text[..MaxShown] + "…";
}
