using System.Globalization;
using System.Text.Json;
using Rouse.Worker.Engines.Inputs;

namespace Rouse.Worker.Engines.A1111.Inputs;

/// <summary>
/// The members of an object in a job's input. Whatever is wrong is kept in <see cref="Faults"/>, each with the member, what it may be and what it was.
/// Null counts as absent.
/// </summary>
internal sealed class WebUiMembers
{
    private readonly Dictionary<string, JsonElement> _given = new(StringComparer.Ordinal);
    private readonly string _within;

    public WebUiMembers(JsonElement value, List<string> faults, string within = "")
    {
        (Faults, _within) = (faults, within);
        if (value.ValueKind != JsonValueKind.Object)
        {
            Faults.Add(within.Length == 0 ? $"The input must be an object; it was {InputValue.Show(value)}." : $"'{within}' must be an object; it was {InputValue.Show(value)}.");
            return;
        }

        foreach (var member in value.EnumerateObject())
        {
            // Of two, one would be looked at here and the other taken there.
            if (InputValue.Name(member) is not { } name) Faults.Add("The name of a member is not Unicode.");
            else if (!_given.TryAdd(name, member.Value)) Faults.Add($"'{Path(InputValue.Shorten(name))}' is given twice. Give it once.");
        }
    }

    public List<string> Faults { get; }

    public bool Has(string name) => _given.TryGetValue(name, out var value) && value.ValueKind != JsonValueKind.Null;

    /// <summary>Undefined where it is absent.</summary>
    public JsonElement Raw(string name) => Has(name) ? _given[name] : default;

    public void Refuse(string name, string expected) => Faults.Add($"'{Path(name)}' must be {expected}; it was {(Has(name) ? InputValue.Show(_given[name]) : "absent")}.");

    public void Only(params IReadOnlyList<string> known)
    {
        foreach (var name in _given.Keys.Where(name => !known.Contains(name)))
            Faults.Add($"'{Path(InputValue.Shorten(name))}' is not known there. There may be: {string.Join(", ", known)}.");
    }

    /// <summary>Null where it is absent or wrong.</summary>
    public string? Text(string name, int min, int max)
    {
        if (!Has(name)) return null;
        if (InputValue.Text(_given[name]) is { } text && text.Length >= min && text.Length <= max) return text;
        Refuse(name, string.Create(CultureInfo.InvariantCulture, $"text of {min} to {max} characters"));
        return null;
    }

    /// <inheritdoc cref="Text"/>
    public int? Whole(string name, int min, int max)
    {
        if (!Has(name)) return null;
        if (InputValue.Whole(_given[name], min, max) is { } value) return (int)value;
        Refuse(name, string.Create(CultureInfo.InvariantCulture, $"a whole number from {min} to {max}"));
        return null;
    }

    /// <inheritdoc cref="Text"/>
    public double? Number(string name, double min, double max)
    {
        if (!Has(name)) return null;
        if (InputValue.Number(_given[name], min, max) is { } value) return value;
        Refuse(name, string.Create(CultureInfo.InvariantCulture, $"a number from {min} to {max}"));
        return null;
    }

    public bool Switch(string name)
    {
        if (!Has(name)) return false;
        if (_given[name].ValueKind is JsonValueKind.True or JsonValueKind.False) return _given[name].GetBoolean();
        Refuse(name, "true or false");
        return false;
    }

    private string Path(string name) => _within.Length == 0 ? name : $"{_within}.{name}";
}
