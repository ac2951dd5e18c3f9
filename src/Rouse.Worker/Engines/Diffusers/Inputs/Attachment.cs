using System.Buffers.Text;
using Rouse.Worker.Engines.Inputs;

namespace Rouse.Worker.Engines.Diffusers.Inputs;

/// <summary>A file inside a job's input: base64, or a data URL with base64 in it.</summary>
internal static class Attachment
{
    /// <param name="members">Where a fault is kept.</param>
    /// <param name="names">Names that it may have; one of them must be given.</param>
    /// <param name="maxBytes">Of the file.</param>
    /// <param name="kind">Such as <c>a PNG, JPEG or WebP picture</c>.</param>
    public static ReadOnlyMemory<byte> Read(InputMembers members, string[] names, int maxBytes, string kind)
    {
        var given = names.Where(members.Has).ToList();
        if (given.Count != 1)
        {
            members.Refuse(names[0], given.Count == 0 ? $"{kind} in base64" : $"left out where {given[1]} is given");
            return default;
        }

        // Four characters for three bytes, and room for the data URL's head and line ends.
        var text = members.Text(given[0], 1, checked((int)(maxBytes * 1.4)), "");
        if (members.Fault is not null) return default;
        if (text.StartsWith("data:", StringComparison.Ordinal))
        {
            var comma = text.IndexOf(";base64,", StringComparison.Ordinal);
            text = comma < 0 ? "" : text[(comma + ";base64,".Length)..];
        }

        var bytes = new byte[Base64.GetMaxDecodedFromUtf8Length(text.Length)];
        if (text.Length > 0 && Convert.TryFromBase64String(text, bytes, out var length) && length > 0 && length <= maxBytes) return bytes.AsMemory(0, length);
        members.Refuse(given[0], $"{kind} of at most {maxBytes} bytes in base64");
        return default;
    }
}
