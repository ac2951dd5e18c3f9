using System.Globalization;
using System.Text.RegularExpressions;

namespace Rouse.Fuzz.World;

/// <summary>
/// The newest objects that were made, by kind; also those that are gone by now, for use after deletion is a case of its own. What a case says with
/// <c>{{kind:number:field}}</c> is looked up here when it is sent.
/// </summary>
internal sealed partial class Pool
{
    /// <summary>Objects remembered per kind: enough to meet old and new ones, few enough to meet each often.</summary>
    private const int Most = 48;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, List<IReadOnlyDictionary<string, string>>> _kinds = new(StringComparer.Ordinal);

    public void Add(string kind, params ReadOnlySpan<(string Name, string Value)> fields)
    {
        var made = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in fields) made[name] = value;
        lock (_gate)
        {
            if (!_kinds.TryGetValue(kind, out var list)) _kinds[kind] = list = [];
            if (list.Count == Most) list.RemoveAt(0);
            list.Add(made);
        }
    }

    public bool Has(string kind)
    {
        lock (_gate) return _kinds.ContainsKey(kind);
    }

    public IReadOnlyList<string> Ids(string kind)
    {
        lock (_gate) return _kinds.TryGetValue(kind, out var list) ? [.. list.Select(one => one["id"])] : [];
    }

    public string Resolve(string text) => text.Contains("{{", StringComparison.Ordinal)
        ? Placeholder().Replace(text, match => Find(match.Groups["kind"].Value, match.Groups["number"].Value, match.Groups["field"].Value) ?? match.Value)
        : text;

    private string? Find(string kind, string number, string field)
    {
        lock (_gate)
        {
            if (!_kinds.TryGetValue(kind, out var list)) return kind == "deployments" ? "dep_00000000000000000000000000" : "none";
            // 0 is the newest; beyond the oldest there is the oldest.
            var one = list[^Math.Min(int.Parse(number, CultureInfo.InvariantCulture) + 1, list.Count)];
            return one.GetValueOrDefault(field.Length == 0 ? "id" : field);
        }
    }

    [GeneratedRegex(@"\{\{(?<kind>[a-z-]+):(?<number>\d{1,6})(:(?<field>[a-z_]+))?\}\}", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Placeholder();
}
