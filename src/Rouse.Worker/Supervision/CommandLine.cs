using System.Text;
using System.Text.Json;
using Rouse.Worker.Configuration;

namespace Rouse.Worker.Supervision;

/// <summary>
/// A command and an environment as variables hold them. A text that begins with <c>[</c> is a JSON array of strings. Any other is split at white space;
/// <c>'…'</c> and <c>"…"</c> keep it together, and <c>\</c> takes the next character as it is, but not within <c>'…'</c>. Nothing else has a meaning: no
/// variable, no wildcard, no pipe. Whoever wants those writes <c>sh -c '…'</c>.
/// </summary>
internal static class CommandLine
{
    /// <summary>The program and its arguments; null where the variable is absent, or with a fault in <paramref name="variables"/>.</summary>
    public static IReadOnlyList<string>? Read(Variables variables, string name)
    {
        if (variables.Optional(name) is not { } text) return null;
        var words = text[0] == '[' ? FromJson(text) : Split(text);
        if (words is [{ Length: > 0 }, ..]) return words;
        return variables.Fail<IReadOnlyList<string>>($"{name} must be a command: words with every quote closed, or a JSON array of strings, the program first.");
    }

    /// <summary>A JSON object of strings as variables; empty where it is absent, or with a fault in <paramref name="variables"/>.</summary>
    public static IReadOnlyDictionary<string, string> ReadEnvironment(Variables variables, string name)
    {
        if (variables.Optional(name) is not { } text) return new Dictionary<string, string>();
        try
        {
            var read = JsonSerializer.Deserialize(text, SupervisionJson.Default.DictionaryStringString);
            if (read is not null && read.All(static pair => IsName(pair.Key) && pair.Value is not null && !pair.Value.Contains('\0', StringComparison.Ordinal))) return read;
        }
        catch (JsonException)
        {
            // As any other text that is none.
        }

        variables.Fail($"{name} must be a JSON object whose members are variables and whose values are strings, such as {{\"NAME\":\"value\"}}.");
        return new Dictionary<string, string>();
    }

    /// <summary>Null where a quote is not closed.</summary>
    public static IReadOnlyList<string>? Split(string text)
    {
        var words = new List<string>();
        StringBuilder? word = null;
        char? quote = null;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '\\' && quote != '\'' && i + 1 < text.Length) (word ??= new()).Append(text[++i]);
            else if (quote is not null && c == quote) quote = null;
            else if (quote is null && c is '\'' or '"' && quote is null) (quote, word) = (c, word ?? new());
            else if (quote is null && char.IsWhiteSpace(c)) End();
            else (word ??= new()).Append(c);
        }

        End();
        return quote is null ? words : null;

        void End()
        {
            if (word is not null) words.Add(word.ToString());
            word = null;
        }
    }

    private static string[]? FromJson(string text)
    {
        try
        {
            var words = JsonSerializer.Deserialize(text, SupervisionJson.Default.StringArray);
            return words is not null && Array.TrueForAll(words, static word => word is not null && !word.Contains('\0', StringComparison.Ordinal)) ? words : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static bool IsName(string name) => name.Length > 0 && !name.AsSpan().ContainsAny('=', '\0');
}
