namespace Rouse.Contracts.Secrecy;

/// <summary>Hides secrets in text: those it was given by their exact value, others by their shape (<see cref="SecretShapes"/>). Nothing else is touched.</summary>
public sealed class SecretMask
{
    /// <summary>Shorter values are no secrets, and hiding them would mangle ordinary words.</summary>
    public const int ShortestSecret = 6;

    private readonly string[] _secrets;

    /// <param name="secrets">In clear. Each is looked for as it is and as it stands in a URL.</param>
    public SecretMask(IEnumerable<string> secrets) => _secrets =
    [
        // Longest first: a secret may contain another.
        .. secrets.Where(static secret => secret.Length >= ShortestSecret).SelectMany(static secret => new[] { secret, Uri.EscapeDataString(secret) })
            .Distinct(StringComparer.Ordinal).OrderByDescending(static secret => secret.Length),
    ];

    /// <summary>Knows no secret by value.</summary>
    public static SecretMask Shapes { get; } = new([]);

    public string Apply(string text)
    {
        foreach (var secret in _secrets) text = text.Replace(secret, "***", StringComparison.Ordinal);
        return SecretShapes.Hide(text);
    }
}
