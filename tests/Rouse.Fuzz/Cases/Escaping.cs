using System.Text;

namespace Rouse.Fuzz.Cases;

/// <summary>Text as it may stand in a request target.</summary>
internal static class Escaping
{
    /// <summary>Percent-encoded; half a surrogate pair becomes bytes that are no UTF-8.</summary>
    public static string Escape(string text)
    {
        var escaped = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.IsAscii && (char.IsAsciiLetterOrDigit((char)rune.Value) || "-_.~".Contains((char)rune.Value, StringComparison.Ordinal))) escaped.Append((char)rune.Value);
            else Append(escaped, rune);
        }

        return escaped.ToString();
    }

    /// <summary>What a server should read; null when the escapes are broken or are no UTF-8, for then servers differ.</summary>
    public static string? TryUnescape(string text)
    {
        var bytes = new List<byte>(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '%')
            {
                bytes.AddRange(Encoding.UTF8.GetBytes(text[i] == '+' ? " " : text[i].ToString()));
                continue;
            }

            if (i + 2 >= text.Length || !char.IsAsciiHexDigit(text[i + 1]) || !char.IsAsciiHexDigit(text[i + 2])) return null;
            bytes.AddRange(Convert.FromHexString(text.AsSpan(i + 1, 2)));
            i += 2;
        }

        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString([.. bytes]);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    private static void Append(StringBuilder escaped, Rune rune)
    {
        Span<byte> bytes = stackalloc byte[4];
        foreach (var one in bytes[..rune.EncodeToUtf8(bytes)]) escaped.Append('%').Append(one.ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
    }
}
