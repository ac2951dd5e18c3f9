namespace Rouse.Worker.Reports;

/// <summary>Hides secrets by their exact value: a line about a tokenizer stays readable, a line that holds the token does not.</summary>
internal sealed class SecretMask(IEnumerable<string> secrets)
{
    /// <summary>Shorter values are no secrets, and hiding them would mangle ordinary words.</summary>
    public const int ShortestSecret = 6;

    // Longest first: a secret may contain another.
    private readonly string[] _secrets =
        [.. secrets.Where(static secret => secret.Length >= ShortestSecret).OrderByDescending(static secret => secret.Length)];

    public string Apply(string text)
    {
        foreach (var secret in _secrets) text = text.Replace(secret, "***", StringComparison.Ordinal);
        return text;
    }
}
