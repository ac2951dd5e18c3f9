using System.Text;

namespace Rouse.Store;

/// <summary>Text from outside, made fit for both engines: PostgreSQL takes neither NUL nor half a surrogate pair, and a message has an end.</summary>
internal static class StorableText
{
    /// <summary>Characters of one message. A stack trace fits, a dumped tensor does not.</summary>
    public const int MaxMessageLength = 8192;

    public static string Message(string text)
    {
        var bounded = text.Length <= MaxMessageLength ? text : string.Concat(text.AsSpan(0, MaxMessageLength - 1), "…");
        // A round trip through UTF-8 puts U+FFFD for what is no character.
        return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(bounded)).Replace('\0', '\uFFFD');
    }
}
