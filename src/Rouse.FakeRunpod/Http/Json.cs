using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Rouse.FakeRunpod.Http;

/// <summary>Reading of bodies that a <see cref="Rule"/> has passed.</summary>
internal static class Json
{
    public static double? AsNumber(this JsonNode? node) =>
        node is JsonValue value && value.GetValueKind() == JsonValueKind.Number && double.TryParse(value.ToJsonString(), CultureInfo.InvariantCulture, out var number)
            ? number
            : null;

    public static string? TextAt(this JsonNode? node, string member) =>
        node is JsonObject map && map[member] is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;

    public static string TextOrJson(this JsonNode node) =>
        node.GetValueKind() == JsonValueKind.String ? node.GetValue<string>() : node.ToJsonString();

    public static int? WholeAt(this JsonNode? node, string member) => node is JsonObject map ? (int?)map[member].AsNumber() : null;

    public static IReadOnlyList<string> TextsAt(this JsonNode? node, string member) =>
        node is JsonObject map && map[member] is JsonArray list ? [.. list.Select(static item => item!.GetValue<string>())] : [];

    public static JsonArray Array(IEnumerable<string> texts) => new([.. texts.Select(static text => (JsonNode)text)]);

    public static JsonArray Array(IEnumerable<JsonNode> nodes) => new([.. nodes]);

    /// <summary>A dictionary of the strings of an object, such as an environment.</summary>
    public static Dictionary<string, string> MapAt(this JsonNode? node, string member) =>
        node is JsonObject parent && parent[member] is JsonObject map
            ? map.ToDictionary(static pair => pair.Key, static pair => pair.Value!.GetValue<string>(), StringComparer.Ordinal)
            : new Dictionary<string, string>(StringComparer.Ordinal);
}
