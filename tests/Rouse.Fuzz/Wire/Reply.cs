using System.Text;

namespace Rouse.Fuzz.Wire;

internal enum ReplyEnd
{
    Whole,

    /// <summary>The server closed the connection before the answer was whole, or without one.</summary>
    Cut,

    /// <summary>A stream of events of which enough was read.</summary>
    Enough,

    /// <summary>Nothing came in time.</summary>
    Silent,
}

/// <summary>An answer as it came over the wire.</summary>
internal sealed record Reply(int Status, IReadOnlyList<(string Name, string Value)> Headers, byte[] Body, ReplyEnd End)
{
    public string Text => Encoding.UTF8.GetString(Body);

    public string? MediaType => Header("Content-Type")?.Split(';')[0].Trim().ToLowerInvariant();

    public string? Header(string name) =>
        Headers.Where(header => header.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(header => header.Value).FirstOrDefault();

    public override string ToString()
    {
        var text = Text;
        return $"{Status} {MediaType} {(End == ReplyEnd.Whole ? "" : End)} {(text.Length > 600 ? text[..600] + "…" : text)}";
    }
}
