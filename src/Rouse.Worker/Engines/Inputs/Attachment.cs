using System.Buffers.Text;

namespace Rouse.Worker.Engines.Inputs;

/// <summary>A file that a job's input holds (base64, or a data URL with base64 in it) or names (an https URL). Its kind is not looked at yet.</summary>
/// <param name="Member">Of the input, for messages.</param>
/// <param name="Url">Where it is to be fetched; null where <paramref name="Content"/> is here already.</param>
internal sealed record Attachment(string Member, FileKind Kind, ReadOnlyMemory<byte> Content, Uri? Url)
{
    /// <summary>Characters; what browsers and servers take.</summary>
    private const int MaxUrlLength = 8_192;

    /// <param name="members">Where a fault is kept; it repeats no URL, which may hold a permission.</param>
    /// <param name="names">Names that it may have; one of them must be given.</param>
    /// <returns>Null with a fault.</returns>
    public static Attachment? Read(InputMembers members, string[] names, FileKind kind)
    {
        var given = names.Where(members.Has).ToList();
        if (given.Count != 1)
        {
            members.Refuse(names[0], given.Count == 0 ? $"{kind.Words} in base64, or its https URL" : $"left out where {given[1]} is given");
            return null;
        }

        // Four characters for three bytes, and room for the data URL's head and line ends.
        var text = members.Text(given[0], 1, checked((int)(kind.MaxBytes * 1.4)), "").Trim();
        if (members.Fault is not null) return null;
        return text.StartsWith("https:", StringComparison.OrdinalIgnoreCase) || text.StartsWith("http:", StringComparison.OrdinalIgnoreCase)
            ? ReadUrl(members, given[0], kind, text)
            : ReadContent(members, given[0], kind, text);
    }

    private static Attachment? ReadUrl(InputMembers members, string name, FileKind kind, string text)
    {
        if (text.Length <= MaxUrlLength && Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Host.Length > 0 && url.UserInfo.Length == 0) return new Attachment(name, kind, default, url);
        members.Fail($"'{name}' must be a URL of at most {MaxUrlLength} characters, without a user or password before its host.");
        return null;
    }

    private static Attachment? ReadContent(InputMembers members, string name, FileKind kind, string text)
    {
        if (text.StartsWith("data:", StringComparison.OrdinalIgnoreCase))
        {
            var comma = text.IndexOf(";base64,", StringComparison.OrdinalIgnoreCase);
            text = comma < 0 ? "" : text[(comma + ";base64,".Length)..];
        }

        var bytes = new byte[Base64.GetMaxDecodedFromUtf8Length(text.Length)];
        if (text.Length > 0 && Convert.TryFromBase64String(text, bytes, out var length) && length > 0 && length <= kind.MaxBytes) return new Attachment(name, kind, bytes.AsMemory(0, length), Url: null);
        members.Refuse(name, $"{kind.Words} of at most {kind.MaxBytes} bytes in base64, or its https URL");
        return null;
    }
}
