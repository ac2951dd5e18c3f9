using System.Collections.Immutable;
using System.Text;
using System.Text.Json;

namespace Rouse.Fuzz.Cases;

/// <summary>JSON as text in a tree, so that it can hold what no object model does: a member twice, 1e999, half a surrogate pair.</summary>
internal abstract record JsonPiece
{
    public static JsonPiece Null { get; } = new JsonLiteral("null");

    public static JsonPiece Text(string value) => new JsonLiteral(Quote(value));

    /// <summary>A string as JSON; a lone surrogate is escaped, for no encoding can carry it.</summary>
    public static string Quote(string value)
    {
        var text = new StringBuilder("\"");
        for (var i = 0; i < value.Length; i++)
        {
            var letter = value[i];
            var isPair = char.IsHighSurrogate(letter) && i + 1 < value.Length && char.IsLowSurrogate(value[i + 1]);
            if (isPair) text.Append(letter).Append(value[++i]);
            else if (letter is '"' or '\\') text.Append('\\').Append(letter);
            else if (letter < ' ' || char.IsSurrogate(letter)) text.Append("\\u").Append(((int)letter).ToString("x4", System.Globalization.CultureInfo.InvariantCulture));
            else text.Append(letter);
        }

        return text.Append('"').ToString();
    }

    public static JsonPiece From(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => new JsonMembers([.. value.EnumerateObject().Select(member => new KeyValuePair<string, JsonPiece>(Quote(member.Name), From(member.Value)))]),
        JsonValueKind.Array => new JsonItems([.. value.EnumerateArray().Select(From)]),
        _ => new JsonLiteral(value.GetRawText()),
    };

    public override string ToString()
    {
        var text = new StringBuilder();
        Write(text);
        return text.ToString();
    }

    public abstract void Write(StringBuilder text);
}

/// <param name="Json">Written as it is, right or wrong.</param>
internal sealed record JsonLiteral(string Json) : JsonPiece
{
    public override void Write(StringBuilder text) => text.Append(Json);

    public override string ToString() => Json;
}

/// <param name="List">Names as JSON, quotes included.</param>
internal sealed record JsonMembers(ImmutableList<KeyValuePair<string, JsonPiece>> List) : JsonPiece
{
    public override void Write(StringBuilder text)
    {
        text.Append('{');
        for (var i = 0; i < List.Count; i++)
        {
            if (i > 0) text.Append(',');
            text.Append(List[i].Key).Append(':');
            List[i].Value.Write(text);
        }

        text.Append('}');
    }

    public override string ToString() => base.ToString();
}

internal sealed record JsonItems(ImmutableList<JsonPiece> List) : JsonPiece
{
    public override void Write(StringBuilder text)
    {
        text.Append('[');
        for (var i = 0; i < List.Count; i++)
        {
            if (i > 0) text.Append(',');
            List[i].Write(text);
        }

        text.Append(']');
    }

    public override string ToString() => base.ToString();
}
