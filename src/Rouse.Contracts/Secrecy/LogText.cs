using System.Buffers;
using System.Text;

namespace Rouse.Contracts.Secrecy;

/// <summary>Text from elsewhere as one line of a log: no break, no escape sequence that would steer a terminal.</summary>
public static class LogText
{
    // Breaks, and the characters that end a line only for some readers.
    private static readonly SearchValues<char> s_breaks = SearchValues.Create("\n\r\u0085\u2028\u2029");
    private static readonly SearchValues<char> s_controls = SearchValues.Create(
        [.. Enumerable.Range(0, 32).Concat(Enumerable.Range(127, 33)).Select(static code => (char)code).Where(static c => c is not '\t')]);

    /// <summary>Breaks become the two characters <c>\n</c>, other control characters U+FFFD.</summary>
    public static string OneLine(string text)
    {
        if (text.AsSpan().IndexOfAny(s_controls) < 0 && text.AsSpan().IndexOfAny(s_breaks) < 0) return text;
        var line = new StringBuilder(text.Length + 8);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\r' && i + 1 < text.Length && text[i + 1] == '\n') continue;
            if (s_breaks.Contains(text[i])) line.Append("\\n");
            else line.Append(s_controls.Contains(text[i]) ? '\uFFFD' : text[i]);
        }

        return line.ToString();
    }
}
