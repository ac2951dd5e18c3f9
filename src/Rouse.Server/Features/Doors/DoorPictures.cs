using System.Runtime.InteropServices;
using System.Text.Json;
using Rouse.Contracts.Workers;

namespace Rouse.Server.Features.Doors;

/// <summary>The pictures of one job as they lie in its output, and with what they were made.</summary>
internal sealed record DoorPictures(IReadOnlyList<DoorPicture> All, JsonElement Output)
{
    /// <returns>Null when the output is none of a model that makes pictures.</returns>
    public static DoorPictures? TryRead(ReadOnlyMemory<byte> bytes)
    {
        var output = JsonElement.Parse(bytes.Span);
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

/// <summary>A picture in an output, or the address of one.</summary>
internal sealed record DoorPicture
{
    public long? Seed { get; init; }

    /// <summary>A text of JSON: a picture has megabytes, and is copied from here as it is.</summary>
    public JsonElement? Base64 { get; init; }

    /// <summary>What is kept of it elsewhere is called so; null where that is not known.</summary>
    public string? Name { get; init; }

    public string? Url { get; init; }

    /// <summary>Read back from where it is kept.</summary>
    public byte[]? Bytes { get; init; }

    /// <param name="image">Text, or an object as our own engine writes it.</param>
    public static DoorPicture? TryRead(JsonElement image)
    {
        if (image.ValueKind == JsonValueKind.String) return new DoorPicture { Base64 = image };
        if (image.ValueKind != JsonValueKind.Object) return null;
        var seed = image.TryGetProperty("seed", out var drawn) && drawn.ValueKind == JsonValueKind.Number && drawn.TryGetInt64(out var number) ? number : (long?)null;
        if (image.TryGetProperty("image_base64", out var text) && text.ValueKind == JsonValueKind.String) return new DoorPicture { Base64 = text, Seed = seed };
        return Word(image, "url") is { } url ? new DoorPicture { Url = url, Name = NameOf(image), Seed = seed } : null;
    }

    /// <summary>The name of something that an answer says is kept elsewhere.</summary>
    public static string? NameOf(JsonElement kept) =>
        Word(kept, "sha256") is { } digest && OutputName.IsDigest(digest) ? OutputName.Of(digest, Word(kept, "media_type") ?? OutputName.Unknown) : null;

    public void WriteTo(Utf8JsonWriter json)
    {
        if (Base64 is { } text) json.WriteRawValue(JsonMarshal.GetRawUtf8Value(text), skipInputValidation: true);
        else json.WriteBase64StringValue(Bytes);
    }

    private static string? Word(JsonElement json, string name) => json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
