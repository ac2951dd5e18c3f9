using System.Runtime.InteropServices;
using System.Text.Json;
using Rouse.Core.Jobs;

namespace Rouse.Server.Features.Doors;

/// <summary>The pictures of one job as they lie in its output, and with what they were made.</summary>
internal sealed record DoorPictures(IReadOnlyList<DoorPicture> All, JsonElement Output)
{
    /// <returns>Null when the output is none of a model that makes pictures.</returns>
    public static DoorPictures? TryRead(JobRecord job)
    {
        if (job.Output is not { } bytes) return null;
        var output = JsonElement.Parse(bytes);
        if (output.ValueKind != JsonValueKind.Object) return null;
        List<DoorPicture> all = [];
        if (output.TryGetProperty("images", out var images) && images.ValueKind == JsonValueKind.Array)
        {
            foreach (var image in images.EnumerateArray()) if (DoorPicture.TryRead(image) is { } picture) all.Add(picture);
        }
        else if (DoorPicture.TryRead(output) is { } only)
        {
            all.Add(only);
        }

        return all.Count > 0 ? new DoorPictures(all, output) : null;
    }

    /// <summary>A number of the output; null where it says none.</summary>
    public double? Number(string name) => Output.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) ? number : null;

    public string? Word(string name) => Output.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}

/// <param name="Base64">A text of JSON: a picture has megabytes, and is copied from here as it is.</param>
internal readonly record struct DoorPicture(JsonElement Base64, long? Seed)
{
    /// <param name="image">Text, or an object as our own engine writes it.</param>
    public static DoorPicture? TryRead(JsonElement image)
    {
        if (image.ValueKind == JsonValueKind.String) return new DoorPicture(image, null);
        if (image.ValueKind != JsonValueKind.Object || !image.TryGetProperty("image_base64", out var text) || text.ValueKind != JsonValueKind.String) return null;
        return new DoorPicture(text, image.TryGetProperty("seed", out var seed) && seed.ValueKind == JsonValueKind.Number && seed.TryGetInt64(out var number) ? number : null);
    }

    public void WriteTo(Utf8JsonWriter json) => json.WriteRawValue(JsonMarshal.GetRawUtf8Value(Base64), skipInputValidation: true);
}
