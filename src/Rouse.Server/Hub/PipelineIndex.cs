using System.Text.Json;

namespace Rouse.Server.Hub;

/// <summary>A repository's <c>model_index.json</c>: which pipeline it is, and the folders of its parts.</summary>
/// <param name="Components">Those that the pipeline has, those without weights included.</param>
internal sealed record PipelineIndex(string? ClassName, IReadOnlyList<string> Components)
{
    public const string Path = "model_index.json";

    /// <summary>Pipelines have about ten parts.</summary>
    public const int MaxBytes = 64 << 10;

    private const int MaxWordLength = 100;

    /// <returns>Null when it is no such file.</returns>
    public static PipelineIndex? Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind != JsonValueKind.Object) return null;
            var name = document.RootElement.TryGetProperty("_class_name", out var value) && value.ValueKind == JsonValueKind.String ? Word(value.GetString()) : null;
            var parts = document.RootElement.EnumerateObject().Where(IsComponent).Select(property => property.Name);
            return new PipelineIndex(name, [.. parts.Distinct(StringComparer.Ordinal)]);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // The latter for half a surrogate pair in a text.
            return null;
        }
    }

    /// <summary>The hub's words are shown to people: only those that look like words are taken.</summary>
    public static string? Word(string? text) =>
        text is { Length: > 0 and <= MaxWordLength } && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.') ? text : null;

    /// <summary><c>"unet": ["diffusers", "UNet2DConditionModel"]</c>; a part that is left out has nulls in place of the words.</summary>
    private static bool IsComponent(JsonProperty property) =>
        !property.Name.StartsWith('_') && Word(property.Name) is not null && property.Value.ValueKind == JsonValueKind.Array
        && property.Value.GetArrayLength() == 2 && property.Value[1].ValueKind == JsonValueKind.String;
}
