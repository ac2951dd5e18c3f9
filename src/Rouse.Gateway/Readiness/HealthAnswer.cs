using System.Globalization;
using System.Text.Json;

namespace Rouse.Gateway.Readiness;

/// <summary>Reads what a health page answered. Pure.</summary>
public static class HealthAnswer
{
    /// <summary>
    /// What a page may call a backend that can take requests: the seed's <c>ready</c> and <c>installing</c> (it queues while its model loads), and the words
    /// that common servers answer with 200.
    /// </summary>
    private static readonly HashSet<string> s_fit = new(StringComparer.OrdinalIgnoreCase)
    {
        "ready", "installing", "ok", "healthy", "up", "pass", "running", "alive", "serving",
    };

    /// <param name="body">Its beginning, as far as it was read.</param>
    public static Verdict Read(int status, string? mediaType, ReadOnlySpan<byte> body, string path) => status switch
    {
        204 => new Verdict(ReadyState.Warming, $"It answers 204 at {path}: it is warming up."),
        >= 200 and < 300 => IsJson(mediaType) && Word(body) is { } word && !s_fit.Contains(word)
            ? new Verdict(ReadyState.Warming, $"It says '{Shown(word)}' at {path}.")
            : new Verdict(ReadyState.Ready),
        404 or 405 => new Verdict(ReadyState.NotReady, Said(status, path) + " Name its health page with service.health_path."),
        401 or 403 => new Verdict(ReadyState.NotReady, Said(status, path) + " Its health page must be open."),
        >= 300 and < 400 => new Verdict(ReadyState.NotReady, Said(status, path) + " Redirects are not followed: name the page itself with service.health_path."),
        _ => new Verdict(ReadyState.NotReady, Said(status, path)),
    };

    private static string Said(int status, string path) => string.Create(CultureInfo.InvariantCulture, $"It answers {status} at {path}.");

    private static bool IsJson(string? mediaType) =>
        mediaType is not null && (mediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase) || mediaType.EndsWith("+json", StringComparison.OrdinalIgnoreCase));

    /// <returns>The document's own <c>status</c>; null when it has none that is a text, or is no document.</returns>
    private static string? Word(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body, isFinalBlock: false, default);
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return null;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isStatus = reader.ValueTextEquals("status"u8);
                if (!reader.Read()) return null;
                if (isStatus) return reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
                if (!reader.TrySkip()) return null;
            }
        }
        catch (JsonException)
        {
            return null;
        }
        catch (InvalidOperationException)
        {
            // A text that is no valid UTF-16.
            return null;
        }

        return null;
    }

    private static string Shown(string word)
    {
        const int most = 40;
        var clean = new string([.. word.Where(character => !char.IsControl(character))]);
        return clean.Length <= most ? clean : clean[..most];
    }
}
