using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Rouse.Providers.Runpod;

/// <summary>Runpod's own words, made fit to be shown.</summary>
internal static partial class RunpodText
{
    /// <summary>Characters of a body that are judged at most. 4000: what matters is at its beginning, and a page of HTML is long.</summary>
    private const int MaxJudged = 4000;

    private static readonly string[] s_members = ["detail", "error", "message", "errors", "extensions", "code"];

    /// <summary>
    /// The sentence in an error's body: <c>detail</c> and <c>errors</c> of problem+json, <c>error</c> or <c>message</c> of older services, GraphQL's
    /// first error, or the text itself. Never throws: a body may be anything.
    /// </summary>
    public static string Detail(string body)
    {
        if (string.IsNullOrWhiteSpace(body)) return "";
        var text = body;
        try
        {
            using var document = JsonDocument.Parse(body);
            if (Read(document.RootElement) is { Length: > 0 } read) text = read;
        }
        catch (JsonException)
        {
            // Plain text, then.
        }

        return text.Length <= MaxJudged ? text : text[..MaxJudged];
    }

    /// <summary>One line of at most <paramref name="most"/> characters in which no given secret and nothing like a key is left.</summary>
    public static string Quote(string text, int most, params IEnumerable<string> secrets)
    {
        foreach (var secret in secrets.Where(secret => secret.Length >= 6)) text = text.Replace(secret, "***", StringComparison.Ordinal);
        text = KeyLike().Replace(text, "***");
        var line = new StringBuilder(most + 1);
        foreach (var character in text)
        {
            var shown = char.IsControl(character) || char.IsSurrogate(character) || char.IsWhiteSpace(character) ? ' ' : character;
            if (shown == ' ' && (line.Length == 0 || line[^1] == ' ')) continue;
            if (line.Length == most) return line.Append('…').ToString();
            line.Append(shown);
        }

        return line.ToString().TrimEnd();
    }

    private static string Read(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => element.GetString() ?? "",
        JsonValueKind.Array => string.Join("; ", element.EnumerateArray().Take(5).Select(Read).Where(text => text.Length > 0)),
        JsonValueKind.Object => string.Join(": ", Members(element).Distinct(StringComparer.Ordinal)),
        _ => "",
    };

    private static IEnumerable<string> Members(JsonElement element) => s_members
        .Select(name => element.TryGetProperty(name, out var value) ? Read(value) : "")
        .Where(text => text.Length > 0);

    // Keys of Runpod and of the model hub, and bearer credentials. Theirs are of 30 characters and more; names such as hf_model_id stay readable.
    [GeneratedRegex(@"\b(rpa|rps|hf)_[A-Za-z0-9_]{12,}|(?<=\bbearer\s+)\S+", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex KeyLike();
}
