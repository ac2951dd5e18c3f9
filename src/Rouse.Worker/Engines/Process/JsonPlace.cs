using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Rouse.Worker.Engines.Process;

/// <summary>Places in an answer, and words made of its members.</summary>
internal static partial class JsonPlace
{
    /// <summary>Everything at a place; nothing where there is no such place.</summary>
    public static IEnumerable<JsonElement> Find(JsonElement root, string place) =>
        place.Split('/').Skip(1).Select(static part => part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal))
            .Aggregate((IEnumerable<JsonElement>)[root], static (found, part) => found.SelectMany(one => Members(one, part)));

    /// <summary>With each <c>{name}</c> replaced by that member of <paramref name="source"/>.</summary>
    /// <exception cref="EngineException">There is no such text or number.</exception>
    public static string Fill(string template, JsonElement source, Func<string, string> escape) => Name().Replace(template, match =>
    {
        var name = match.Groups["name"].Value;
        var value = source.ValueKind == JsonValueKind.Object && source.TryGetProperty(name, out var member) ? member : default;
        return value.ValueKind switch
        {
            JsonValueKind.String => escape(value.GetString()!),
            JsonValueKind.Number => value.GetRawText(),
            _ => throw new EngineException(EngineFault.EngineFailed, $"The server's answer has no '{name}', which is to fill {template}. Correct the poll of this job or of the worker."),
        };
    });

    private static IEnumerable<JsonElement> Members(JsonElement parent, string part)
    {
        switch (parent.ValueKind)
        {
            case JsonValueKind.Object when part == "*":
                return parent.EnumerateObject().Select(static member => member.Value);
            case JsonValueKind.Object when parent.TryGetProperty(part, out var member):
                return [member];
            case JsonValueKind.Array when part == "*":
                return parent.EnumerateArray();
            case JsonValueKind.Array when int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < parent.GetArrayLength():
                return [parent[index]];
            default:
                return [];
        }
    }

    [GeneratedRegex(@"\{(?<name>[A-Za-z0-9_]+)\}", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Name();
}
