namespace Rouse.Worker.ModelFiles;

/// <summary>What a file's content must have: a SHA-256, or its first ten digits, which CivitAI calls AutoV2.</summary>
internal sealed record FileHash
{
    private const int Whole = 64;

    /// <summary>40 bits tell files apart that nobody forges; who wants more gives the whole.</summary>
    private const int AutoV2 = 10;

    private FileHash(string digits) => Digits = digits;

    /// <summary>In lower case.</summary>
    public string Digits { get; }

    public bool IsWhole => Digits.Length == Whole;

    /// <returns>Null where none was given.</returns>
    /// <exception cref="ModelFileException">It is no hash.</exception>
    public static FileHash? Parse(string name, string? text)
    {
        if (text is null) return null;
        var digits = text.Trim().ToLowerInvariant();
        var good = digits.Length is Whole or AutoV2 && !digits.AsSpan().ContainsAnyExcept("0123456789abcdef");
        return good ? new FileHash(digits) : throw ModelFileFaults.Hash(name);
    }

    public bool Matches(string sha256) => sha256.StartsWith(Digits, StringComparison.Ordinal);

    public override string ToString() => Digits;
}
