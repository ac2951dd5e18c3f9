namespace Rouse.Core.Webhooks;

/// <summary>Names an endpoint that webhooks go to: <c>whk_</c> and 128 bits (<see cref="Ids"/>).</summary>
public readonly record struct WebhookId
{
    private const string Prefix = "whk_";
    private readonly string? _text;

    private WebhookId(string text) => _text = text;

    public string Value => _text ?? throw new InvalidOperationException("An empty WebhookId was used.");

    /// <param name="bits"><see cref="Ids.RandomBytes"/> bytes, random or a digest of what is.</param>
    public static WebhookId From(ReadOnlySpan<byte> bits) => new(Prefix + Ids.Encode(bits));

    public static bool TryParse(string? text, out WebhookId id)
    {
        id = default;
        if (text is null || !text.StartsWith(Prefix, StringComparison.Ordinal) || !Ids.IsEncoded(text.AsSpan(Prefix.Length))) return false;
        id = new WebhookId(text);
        return true;
    }

    public static WebhookId Parse(string text) => TryParse(text, out var id) ? id : throw new FormatException($"'{text}' is not the id of a webhook.");

    public override string ToString() => Value;
}
