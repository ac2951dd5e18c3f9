using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Rouse.Worker.ModelFiles;

namespace Rouse.Worker.Engines.A1111.Inputs;

/// <summary>Model files that a job names by URL. Whether an address may be asked is for the library to judge.</summary>
internal sealed partial class FileMembers(WebUiMembers members)
{
    private const string LoraName = "letters, digits, spaces and . _ - + ( ) only, because it becomes part of the prompt";

    public WantedFile? Checkpoint() => members.Has("checkpoint") ? One(members.Raw("checkpoint"), "checkpoint", ModelFileKind.Checkpoint, ["name", "url", "hash"], out _) : null;

    public IReadOnlyList<WantedFile> Embeddings() =>
        [.. List("embeddings").Select((item, i) => One(item, At("embeddings", i), ModelFileKind.Embedding, ["name", "url", "hash"], out _)).OfType<WantedFile>()];

    public IReadOnlyList<WantedLora> Loras() => [.. List("loras").Select((item, i) => Lora(item, At("loras", i))).OfType<WantedLora>()];

    /// <summary>Whether a name can stand in a tag of the prompt without ending it or beginning something else.</summary>
    public static bool IsTagName(string name) => TagName().IsMatch(name);

    private WantedLora? Lora(JsonElement item, string path)
    {
        var file = One(item, path, ModelFileKind.Lora, ["name", "url", "hash", "scale"], out var given);
        var scale = given.Number("scale", -InputBounds.MaxScale, InputBounds.MaxScale) ?? 1;
        if (file is null) return null;
        if (!IsTagName(file.Name)) given.Refuse("name", LoraName);
        return new WantedLora(file, scale);
    }

    private JsonElement.ArrayEnumerator List(string name)
    {
        if (!members.Has(name)) return default;
        var list = members.Raw(name);
        if (list.ValueKind == JsonValueKind.Array && list.GetArrayLength() <= InputBounds.MaxFiles) return list.EnumerateArray();
        members.Refuse(name, string.Create(CultureInfo.InvariantCulture, $"a list of at most {InputBounds.MaxFiles} objects with name and url"));
        return default;
    }

    private WantedFile? One(JsonElement item, string path, ModelFileKind kind, IReadOnlyList<string> known, out WebUiMembers given)
    {
        given = new WebUiMembers(item, members.Faults, path);
        if (item.ValueKind != JsonValueKind.Object) return null;
        given.Only(known);
        foreach (var needed in new[] { "name", "url" }.Where(needed => !Has(item, needed))) given.Refuse(needed, "given");
        var name = given.Text("name", 1, InputBounds.MaxNameLength);
        var url = given.Text("url", 1, InputBounds.MaxUrlLength);
        var hash = given.Text("hash", 0, 64);
        if (hash is not (null or "") && !Sha256().IsMatch(hash)) given.Refuse("hash", "the file's SHA-256, 64 hexadecimal digits or the first 10 of them");
        return name is null || url is null ? null : new WantedFile(kind, name, url, hash is "" ? null : hash);
    }

    private static bool Has(JsonElement item, string name) => item.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null;

    private static string At(string list, int index) => string.Create(CultureInfo.InvariantCulture, $"{list}[{index}]");

    [GeneratedRegex(@"^[A-Za-z0-9 ._+()-]+\z", RegexOptions.None, 1000)]
    private static partial Regex TagName();

    [GeneratedRegex(@"^([A-Fa-f0-9]{64}|[A-Fa-f0-9]{10})\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Sha256();
}
