using System.Buffers;
using System.Text.Json;

namespace Rouse.Contracts.Secrecy;

/// <summary>
/// What of a variable must not be read in a log: all of it where its name speaks of a secret, else the words of it that look like one. A plain path, number,
/// word or URL stays readable. In doubt a word is a secret.
/// </summary>
public static class SecretSettings
{
    private static readonly string[] s_marks =
        ["TOKEN", "SECRET", "KEY", "PASSWORD", "PASSWD", "PASSPHRASE", "CREDENTIAL", "AUTH", "PRIVATE", "COOKIE", "SIGNATURE", "OTLP_HEADERS", "CONNECTION_STRING"];

    /// <summary>As words of a name only: <c>BYPASS</c> is no password.</summary>
    private static readonly string[] s_words = ["PASS", "PWD", "DSN"];

    /// <summary>Between the words of a value: a command's, a list's, a JSON array's.</summary>
    private static readonly SearchValues<char> s_between = SearchValues.Create(" \t\r\n\"'`,;[]{}()<>|");

    /// <summary>Whether a variable, an option (<c>--api-key</c>) or a member of an object is called like a secret.</summary>
    public static bool IsSecretName(string name)
    {
        var plain = name.ToUpperInvariant().Replace('-', '_').Replace("TOKENIZER", "", StringComparison.Ordinal);
        // It holds names of variables.
        if (plain is Workers.ProcessVariables.Passed) return false;
        return s_marks.Any(mark => plain.Contains(mark, StringComparison.Ordinal)) || plain.Split('_').Any(word => s_words.Contains(word, StringComparer.Ordinal));
    }

    /// <summary>For a <see cref="SecretMask"/>, which passes over what is too short to be one.</summary>
    public static IReadOnlyCollection<string> Hidden(string name, string value)
    {
        var hidden = new HashSet<string>(StringComparer.Ordinal);
        Add(hidden, name, value);
        return hidden;
    }

    private static void Add(HashSet<string> hidden, string name, string value)
    {
        if (IsSecretName(name)) AddSecret(hidden, value.Trim());
        else if (value.TrimStart().StartsWith('{') && Members(value) is { } members) members.ForEach(member => Add(hidden, member.Name, member.Value));
        else AddWords(hidden, Words(value));
    }

    private static void AddSecret(HashSet<string> hidden, string value)
    {
        // A path says where a secret lies, not what it is; but base64 may begin with a '/' too.
        if (value is ['/' or '.' or '~', ..] && SecretLooks.IsPlain(value)) return;
        hidden.Add(value);
        // Each of several, and each line of a key: a log may show one without the others. With a user before it, the password alone.
        hidden.UnionWith(Words(value).Where(static word => word.Length >= ShortestPart));
        if (value.Split(':', 2) is [_, var password]) hidden.Add(password);
    }

    private static void AddWords(HashSet<string> hidden, IReadOnlyList<string> words)
    {
        var option = "";
        foreach (var word in words)
        {
            if (option.StartsWith('-') && !word.StartsWith('-') && IsSecretName(option)) AddSecret(hidden, word);
            else if (word.Split('=', 2) is [var left, var right] && !left.Contains('?', StringComparison.Ordinal) && IsSecretName(left)) AddSecret(hidden, right);
            else if (!SecretLooks.IsPlain(word)) hidden.Add(word);
            option = word;
        }
    }

    /// <summary>Parts of a secret; shorter ones are most often words.</summary>
    private const int ShortestPart = 8;

    private static List<string> Words(string value)
    {
        var words = new List<string>();
        var rest = value.AsSpan();
        while (!rest.IsEmpty)
        {
            var end = rest.IndexOfAny(s_between) is >= 0 and var at ? at : rest.Length;
            if (end > 0) words.Add(rest[..end].ToString());
            rest = end < rest.Length ? rest[(end + 1)..] : [];
        }

        return words;
    }

    /// <summary>Null where it is no object.</summary>
    private static List<(string Name, string Value)>? Members(string value)
    {
        try
        {
            using var document = JsonDocument.Parse(value);
            return [.. document.RootElement.EnumerateObject().Select(static member =>
                (member.Name, member.Value.ValueKind == JsonValueKind.String ? member.Value.GetString()! : member.Value.GetRawText()))];
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
