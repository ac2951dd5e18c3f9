namespace Rouse.Worker.Outputs;

/// <summary>Somewhere a worker may put what it made. It is asked with one question, and the bytes go to the address it answers with.</summary>
internal abstract class OutputStore
{
    /// <summary>Has it, or where is it to be sent? Throws only when cancelled.</summary>
    public abstract Task<StoreWord> AskAsync(MadeThing thing, CancellationToken ct);
}

/// <summary>Some bytes and their name.</summary>
/// <param name="Sha256">In lower case hexadecimal.</param>
internal sealed record MadeThing(string Sha256, string MediaType, ReadOnlyMemory<byte> Content)
{
    public static MadeThing Of(string mediaType, ReadOnlyMemory<byte> content) =>
        new(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(content.Span)), mediaType, content);

    /// <summary>What object stores call a thing of so many bytes by (ETag), and check what comes by.</summary>
    public byte[] Md5 { get => field ??= System.Security.Cryptography.MD5.HashData(Content.Span); }

    public string Name => Contracts.Workers.OutputName.Of(Sha256, MediaType);
}

/// <summary>What a store says.</summary>
internal abstract record StoreWord
{
    private StoreWord()
    {
    }

    /// <summary>It is there.</summary>
    public sealed record Has(string Url, DateTimeOffset? ExpiresAt) : StoreWord;

    /// <summary>It is to be sent to <paramref name="Put"/>.</summary>
    /// <param name="Then">What holds once that is answered with success; null: ask again.</param>
    public sealed record Wants(Uri Put, Has? Then) : StoreWord;

    /// <summary>It will not have it, however often it is asked.</summary>
    public sealed record Refuses(string Why) : StoreWord;

    /// <summary>No answer, or one that says: later.</summary>
    public sealed record Later(string Why) : StoreWord;
}
