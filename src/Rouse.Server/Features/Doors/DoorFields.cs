using System.Globalization;
using System.Text.Json;

namespace Rouse.Server.Features.Doors;

/// <summary>
/// The members of a door's body. The first one found wrong is kept as <see cref="Fault"/>, with what it may be and not with what it was; from then on
/// readers answer null. Null counts as absent.
/// </summary>
internal sealed class DoorFields
{
    /// <summary>Nesting: scripts' arguments are lists of lists, and no reader's stack is at risk.</summary>
    private const int MaxDepth = 64;

    private static readonly JsonDocumentOptions s_options = new() { MaxDepth = MaxDepth, AllowDuplicateProperties = false };
    private readonly Dictionary<string, JsonElement> _given = new(StringComparer.Ordinal);

    private DoorFields(JsonElement body, string at)
    {
        At = at;
        foreach (var member in body.EnumerateObject()) _given[member.Name] = member.Value;
    }

    public (string Member, string Message)? Fault { get; private set; }

    public IEnumerable<string> Names => _given.Keys;

    private string At { get; }

    /// <returns>Null when the body is no object.</returns>
    public static DoorFields? TryRead(byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(body, s_options);
            return document.RootElement.ValueKind == JsonValueKind.Object ? new DoorFields(document.RootElement.Clone(), at: "") : null;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // The latter for half a surrogate pair in a name, which JSON's grammar lets by and no text can hold.
            return null;
        }
    }

    public bool Has(string name) => _given.TryGetValue(name, out var value) && value.ValueKind != JsonValueKind.Null;

    public void Refuse(string name, string expected) => Fault ??= (At + name, $"'{At}{name}' must be {expected}.");

    public string? Text(string name, int least, int most)
    {
        if (Fault is not null || !Has(name)) return null;
        var text = ReadText(_given[name]);
        if (text is not null && text.Length >= least && text.Length <= most) return text;
        Refuse(name, string.Create(CultureInfo.InvariantCulture, $"text of {least} to {most} characters"));
        return null;
    }

    public string? OneOf(string name, IEnumerable<string> words)
    {
        if (Fault is not null || !Has(name)) return null;
        var text = ReadText(_given[name]);
        if (text is not null && words.Contains(text, StringComparer.Ordinal)) return text;
        Refuse(name, "one of " + string.Join(", ", words));
        return null;
    }

    public long? Whole(string name, long least, long most)
    {
        if (Fault is not null || !Has(name)) return null;
        // 20.0 is a whole number too: some languages write no other kind.
        if (_given[name] is { ValueKind: JsonValueKind.Number } number && number.TryGetDecimal(out var value)
            && value == decimal.Truncate(value) && value >= least && value <= most) return (long)value;
        Refuse(name, string.Create(CultureInfo.InvariantCulture, $"a whole number from {least} to {most}"));
        return null;
    }

    public double? Number(string name, double least, double most)
    {
        if (Fault is not null || !Has(name)) return null;
        if (_given[name] is { ValueKind: JsonValueKind.Number } number && number.TryGetDouble(out var value) && value >= least && value <= most) return value;
        Refuse(name, string.Create(CultureInfo.InvariantCulture, $"a number from {least} to {most}"));
        return null;
    }

    public bool? Flag(string name)
    {
        if (Fault is not null || !Has(name)) return null;
        if (_given[name].ValueKind is JsonValueKind.True or JsonValueKind.False) return _given[name].GetBoolean();
        Refuse(name, "true or false");
        return null;
    }

    /// <summary>The members of an object within; null when it is absent or no object.</summary>
    public DoorFields? Within(string name)
    {
        if (Fault is not null || !Has(name)) return null;
        if (_given[name].ValueKind == JsonValueKind.Object) return new DoorFields(_given[name], $"{At}{name}.");
        Refuse(name, "an object");
        return null;
    }

    /// <summary>Whether it says something: neither absent, null, false, 0, nor an empty text, list or object.</summary>
    public bool Says(string name) => Has(name) && _given[name] is var value && value.ValueKind switch
    {
        JsonValueKind.False => false,
        JsonValueKind.Number => !value.TryGetDouble(out var number) || number != 0,
        JsonValueKind.String => ReadText(value) is not "",
        JsonValueKind.Array => value.GetArrayLength() > 0,
        JsonValueKind.Object => value.GetPropertyCount() > 0,
        _ => true,
    };

    private static string? ReadText(JsonElement value)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair.
            return null;
        }
    }
}
