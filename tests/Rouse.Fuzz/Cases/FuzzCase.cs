using System.Collections.Immutable;
using System.Text;

namespace Rouse.Fuzz.Cases;

/// <summary>Who sends a case.</summary>
internal enum Caller
{
    /// <summary>The tenant whose objects the case names.</summary>
    Owner,

    /// <summary>Another tenant with a good key.</summary>
    Stranger,

    /// <summary>Nobody: no credential at all.</summary>
    Nobody,

    /// <summary>A credential that nobody gave out, or that cannot be read.</summary>
    Forger,

    /// <summary>A worker with the token of its attempt.</summary>
    Worker,
}

/// <summary>
/// One request, written so that it can be sent again: <c>{{deployments:3}}</c> stands for an object of the world, whatever its id is this time.
/// </summary>
internal sealed record FuzzCase
{
    /// <summary>The operation it was made for, by its id.</summary>
    public required string Operation { get; init; }

    public required string Method { get; init; }

    /// <summary>As sent, percent-encoded.</summary>
    public required string Path { get; init; }

    /// <summary>Name and value as sent; a null value has no equals sign.</summary>
    public ImmutableList<(string Name, string? Value)> Query { get; init; } = [];

    public ImmutableList<(string Name, string Value)> Headers { get; init; } = [];

    public Caller Caller { get; init; }

    /// <summary>The credential of a <see cref="Caller.Forger"/>: a header's name and value.</summary>
    public (string Name, string Value) Forgery { get; init; }

    public JsonPiece? Json { get; init; }

    /// <summary>A body that is not of a piece; takes the place of <see cref="Json"/>.</summary>
    public ImmutableArray<byte>? Bytes { get; init; }

    public bool IsChunked { get; init; }

    public bool HasBody => Json is not null || Bytes is not null;

    public string Target
    {
        get
        {
            if (Query.IsEmpty) return Path;
            var text = new StringBuilder(Path).Append('?');
            for (var i = 0; i < Query.Count; i++)
            {
                if (i > 0) text.Append('&');
                text.Append(Query[i].Name);
                if (Query[i].Value is { } value) text.Append('=').Append(value);
            }

            return text.ToString();
        }
    }

    /// <summary>What it costs to read: shrinking makes it smaller.</summary>
    public int Size => Target.Length + Headers.Sum(header => header.Name.Length + header.Value.Length) + (Json?.ToString().Length ?? Bytes?.Length ?? 0) + (IsChunked ? 1 : 0);

    public override string ToString()
    {
        var text = new StringBuilder($"{Method} {Target} as {Caller}");
        if (Caller == Caller.Forger) text.Append($"\n{Forgery.Name}: {Forgery.Value}");
        foreach (var (name, value) in Headers) text.Append($"\n{name}: {value}");
        if (IsChunked) text.Append("\nTransfer-Encoding: chunked");
        if (HasBody) text.Append("\n\n").Append(Json?.ToString() ?? $"{Bytes!.Value.Length} bytes: {Convert.ToHexString(Bytes.Value.AsSpan()[..Math.Min(64, Bytes.Value.Length)])}");
        return text.Length > 2000 ? text.ToString(0, 2000) + $"… ({text.Length} characters)" : text.ToString();
    }
}
