using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Rouse.Cli.Commands.Jobs;

/// <summary>Finds the pictures in a job's output and writes them.</summary>
internal static class JobImages
{
    private static readonly JsonWriterOptions s_readable = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>
    /// Every <c>image_base64</c> wherever it stands, and every string of an <c>images</c> or <c>images_base64</c> list, in order and each once:
    /// workers give the first picture of several both alone and in the list.
    /// </summary>
    public static IReadOnlyList<byte[]> Find(JsonElement output)
    {
        List<string> texts = [];
        Collect(output, texts);
        List<byte[]> images = [];
        foreach (var text in texts.Distinct(StringComparer.Ordinal))
        {
            if (Decode(text) is { } image) images.Add(image);
        }

        return images;
    }

    /// <summary>Where the pictures lie that the output only names: the <c>url</c> of everything in an <c>images</c> list, or <c>image_url</c>.</summary>
    public static IReadOnlyList<Uri> Addresses(JsonElement output)
    {
        if (output.ValueKind is not JsonValueKind.Object) return [];
        List<string?> texts = [];
        if (output.TryGetProperty("images", out var images) && images.ValueKind is JsonValueKind.Array)
        {
            foreach (var image in images.EnumerateArray()) if (image.ValueKind is JsonValueKind.Object) texts.Add(Word(image, "url"));
        }

        if (texts.Count == 0) texts.Add(Word(output, "image_url"));
        return [.. texts.Select(text => Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" ? url : null).OfType<Uri>().Distinct()];

        static string? Word(JsonElement json, string name) => json.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null;
    }

    /// <summary><c>out.png</c>, <c>out-1.png</c>, <c>out-2.png</c>, …</summary>
    public static string PathOf(string file, int index) => index == 0 ? file : Path.Combine(
        Path.GetDirectoryName(file) ?? "", $"{Path.GetFileNameWithoutExtension(file)}-{index}{Path.GetExtension(file)}");

    /// <summary>The output with each picture replaced by a word on its size: base64 is nothing to look at.</summary>
    public static string WithoutImages(JsonElement output)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, s_readable)) Copy(output, writer, isImage: false);
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static void Collect(JsonElement element, List<string> texts)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var member in element.EnumerateObject())
                {
                    if (IsImage(member.Name)) CollectStrings(member.Value, texts);
                    else Collect(member.Value, texts);
                }

                break;
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray()) Collect(item, texts);
                break;
        }
    }

    private static void CollectStrings(JsonElement value, List<string> texts)
    {
        if (value.ValueKind is JsonValueKind.String) texts.Add(value.GetString()!);
        else if (value.ValueKind is JsonValueKind.Array)
            foreach (var item in value.EnumerateArray()) CollectStrings(item, texts);
        else Collect(value, texts);
    }

    private static void Copy(JsonElement element, Utf8JsonWriter writer, bool isImage)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var member in element.EnumerateObject())
                {
                    writer.WritePropertyName(member.Name);
                    Copy(member.Value, writer, IsImage(member.Name));
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in element.EnumerateArray()) Copy(item, writer, isImage);
                writer.WriteEndArray();
                break;
            case JsonValueKind.String when isImage && Decode(element.GetString()!) is { } image:
                writer.WriteStringValue($"<{Terminal.Measures.Bytes(image.Length)}>");
                break;
            default:
                element.WriteTo(writer);
                break;
        }
    }

    private static bool IsImage(string name) => name is "image_base64" or "images_base64" or "images";

    /// <summary>Plain base64 or a <c>data:</c> URL; null for anything else, a link for example.</summary>
    private static byte[]? Decode(string text)
    {
        var comma = text.StartsWith("data:", StringComparison.Ordinal) ? text.IndexOf(',', StringComparison.Ordinal) : -1;
        var bytes = new byte[(text.Length * 3 / 4) + 3];
        return Convert.TryFromBase64Chars(text.AsSpan(comma + 1), bytes, out var length) && length > 0 ? bytes[..length] : null;
    }
}
