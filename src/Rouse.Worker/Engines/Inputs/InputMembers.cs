using System.Globalization;
using System.Text.Json;

namespace Rouse.Worker.Engines.Inputs;

/// <summary>
/// The members of a job's input. The first one found wrong is kept as <see cref="Fault"/>, naming the member, what it may be and what it was;
/// readers answer the default from then on. Null counts as absent.
/// </summary>
internal sealed class InputMembers
{
    private readonly Dictionary<string, JsonElement> _given = new(StringComparer.Ordinal);

    /// <param name="known">All that it may have.</param>
    /// <param name="needed">The one that it must have, for the message to those who send no object.</param>
    public InputMembers(JsonElement input, IReadOnlyList<string> known, string needed = "prompt")
    {
        if (input.ValueKind != JsonValueKind.Object)
        {
            Fault = $"The input must be an object with at least '{needed}'; it was {InputValue.Show(input)}.";
            return;
        }

        foreach (var member in input.EnumerateObject())
        {
            if (known.FirstOrDefault(word => word == InputValue.Name(member)) is not { } name)
                Fault ??= $"'{InputValue.Shorten(InputValue.Name(member) ?? "(not Unicode)")}' is not a member of this input. It may have: {string.Join(", ", known)}.";
            else if (!_given.TryAdd(name, member.Value))
                Fault ??= $"'{name}' is given twice. Give it once.";
        }
    }

    public string? Fault { get; private set; }

    public bool Has(string name) => _given.TryGetValue(name, out var value) && value.ValueKind != JsonValueKind.Null;

    public void Refuse(string name, string expected) =>
        Fault ??= $"'{name}' must be {expected}; it was {(Has(name) ? InputValue.Show(_given[name]) : "absent")}.";

    /// <summary>In words of one's own, for values that are not to be repeated.</summary>
    public void Fail(string fault) => Fault ??= fault;

    public string Text(string name, int min, int max, string fallback)
    {
        if (Fault is not null || !Has(name)) return fallback;
        var text = InputValue.Text(_given[name]);
        if (text is not null && text.Length >= min && text.Length <= max) return text;
        Refuse(name, text is null ? $"text of {min} to {max} characters" : $"{min} to {max} characters long, and had {text.Length}");
        return fallback;
    }

    public long Whole(string name, long min, long max, long fallback)
    {
        if (Fault is not null || !Has(name)) return fallback;
        if (InputValue.Whole(_given[name], min, max) is { } value) return value;
        Refuse(name, string.Create(CultureInfo.InvariantCulture, $"a whole number from {min} to {max}"));
        return fallback;
    }

    public double Number(string name, double min, double max, double fallback)
    {
        if (Fault is not null || !Has(name)) return fallback;
        if (InputValue.Number(_given[name], min, max) is { } value) return value;
        Refuse(name, string.Create(CultureInfo.InvariantCulture, $"a number from {min} to {max}"));
        return fallback;
    }
}
