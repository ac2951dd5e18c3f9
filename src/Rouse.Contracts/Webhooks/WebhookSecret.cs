namespace Rouse.Contracts.Webhooks;

/// <summary>A signing key of 24 to 64 bytes, written as <c>whsec_</c> and base64. Prints <c>***</c>.</summary>
public sealed class WebhookSecret
{
    public const string Prefix = "whsec_";
    public const int MinBytes = 24;
    public const int MaxBytes = 64;

    private readonly byte[] _bytes;

    /// <exception cref="ArgumentException">Not <see cref="MinBytes"/> to <see cref="MaxBytes"/> bytes.</exception>
    public WebhookSecret(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length is < MinBytes or > MaxBytes) throw new ArgumentException($"A signing key has {MinBytes} to {MaxBytes} bytes.", nameof(bytes));
        _bytes = bytes.ToArray();
    }

    internal ReadOnlySpan<byte> Bytes => _bytes;

    public static bool TryParse(string? text, out WebhookSecret? secret)
    {
        secret = null;
        if (text is null || !text.StartsWith(Prefix, StringComparison.Ordinal)) return false;
        Span<byte> bytes = stackalloc byte[MaxBytes];
        if (!Convert.TryFromBase64Chars(text.AsSpan(Prefix.Length), bytes, out var written) || written < MinBytes) return false;
        secret = new WebhookSecret(bytes[..written]);
        return true;
    }

    /// <summary>The clear text: shown to its owner once, or sealed.</summary>
    public string Reveal() => Prefix + Convert.ToBase64String(_bytes);

    public override string ToString() => "***";
}
