using System.Text.Json;

namespace Rouse.Worker.Engines.Inputs;

/// <summary>Reads single values of a job's input, which may be any JSON, and repeats them in messages.</summary>
internal static class InputValue
{
    private const int MaxShown = 60; // characters of a wrong value that a message repeats

    /// <summary>Null for what is no text, and for escapes that make no Unicode, such as a lone <c>\ud800</c>, on which the JSON reader throws.</summary>
    public static string? Text(JsonElement value) => value.ValueKind == JsonValueKind.String ? Unescape(value, static value => value.GetString()) : null;

    /// <summary>Null where its escapes make no Unicode.</summary>
    public static string? Name(JsonProperty member) => Unescape(member, static member => member.Name);

    /// <summary>20.0 is a whole number too: some languages write no other kind. Null for what is none, or out of bounds.</summary>
    public static long? Whole(JsonElement value, long min, long max) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDecimal(out var number) && number == decimal.Truncate(number) && number >= min && number <= max ? (long)number : null;

    /// <summary>Null for what is none, or out of bounds.</summary>
    public static double? Number(JsonElement value, double min, double max) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && number >= min && number <= max ? number : null;

    public static string Show(JsonElement value) => value.ValueKind == JsonValueKind.Undefined ? "absent" : Shorten(value.GetRawText());

    public static string Shorten(string text) => text.Length <= MaxShown ? text : text[..MaxShown] + "…";

    private static string? Unescape<T>(T from, Func<T, string?> read)
    {
        try
        {
            return read(from);
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
