namespace Rouse.Core.Deployments;

/// <summary><c>dep_</c> and 128 random bits (<see cref="Ids"/>).</summary>
public readonly record struct DeploymentId
{
    private const string Prefix = "dep_";
    private readonly string? _text;

    private DeploymentId(string text) => _text = text;

    public string Value => _text ?? throw new InvalidOperationException("An empty DeploymentId was used.");

    /// <summary>The id without its prefix: what names at a provider carry.</summary>
    public string Bare => Value[Prefix.Length..];

    public static DeploymentId FromRandom(ReadOnlySpan<byte> random) => new(Prefix + Ids.Encode(random));

    public static bool TryParse(string? text, out DeploymentId id)
    {
        id = default;
        if (text is null || !text.StartsWith(Prefix, StringComparison.Ordinal) || !Ids.IsEncoded(text.AsSpan(Prefix.Length))) return false;
        id = new DeploymentId(text);
        return true;
    }

    public static bool TryParseBare(string text, out DeploymentId id) => TryParse(Prefix + text, out id);

    public static DeploymentId Parse(string text) => TryParse(text, out var id) ? id : throw new FormatException($"'{text}' is not a deployment id.");

    public override string ToString() => Value;
}
