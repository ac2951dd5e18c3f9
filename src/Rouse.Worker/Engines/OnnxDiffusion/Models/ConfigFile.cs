using System.Text.Json;

namespace Rouse.Worker.Engines.OnnxDiffusion.Models;

/// <summary>One JSON file of a model repository. An absent member takes its default; one of the wrong kind makes the model unusable.</summary>
internal sealed class ConfigFile
{
    private const long MaxBytes = 64L << 20; // the largest honest one, a tokenizer's vocabulary, is a few MB; more is not a configuration
    private const string Advice = "Export the repository again, or name a revision where this is right.";
    private readonly string _name;
    private readonly JsonElement _root;

    private ConfigFile(string name, JsonElement root) => (_name, _root) = (name, root);

    public JsonElement Root => _root;

    public static ConfigFile Read(string folder, string name)
    {
        var path = Path.Combine(folder, name);
        if (!File.Exists(path)) throw EngineException.Unusable($"{name} is missing.", Advice);
        if (new FileInfo(path).ResolveLinkTarget(returnFinalTarget: true) is FileInfo { Length: > MaxBytes } || new FileInfo(path).Length > MaxBytes)
            throw EngineException.Unusable($"{name} is larger than {MaxBytes} bytes.", Advice);
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? new ConfigFile(name, document.RootElement.Clone())
                : throw EngineException.Unusable($"{name} is not a JSON object.", Advice);
        }
        catch (JsonException error)
        {
            throw EngineException.Unusable($"{name} is not valid JSON ({error.Message}).", Advice, error);
        }
    }

    public string Text(string member, string fallback) => Find(member, JsonValueKind.String)?.GetString() ?? fallback;

    public bool Flag(string member, bool fallback) => Find(member, JsonValueKind.True, JsonValueKind.False)?.GetBoolean() ?? fallback;

    public double Number(string member, double fallback) => Find(member, JsonValueKind.Number)?.GetDouble() ?? fallback;

    /// <summary>A number between 0 and <paramref name="max"/>.</summary>
    public int Count(string member, int fallback, int max)
    {
        if (Find(member, JsonValueKind.Number) is not { } found) return fallback;
        return found.TryGetInt32(out var value) && value >= 0 && value <= max ? value : throw Wrong(member, $"a whole number from 0 to {max}");
    }

    public JsonElement? Find(string member, params JsonValueKind[] kinds)
    {
        if (!_root.TryGetProperty(member, out var found) || found.ValueKind == JsonValueKind.Null) return null;
        return kinds.Length == 0 || kinds.Contains(found.ValueKind) ? found : throw Wrong(member, string.Join(" or ", kinds));
    }

    public EngineException Wrong(string member, string expected) =>
        EngineException.Unusable($"{_name}: '{member}' must be {expected}.", Advice);
}
