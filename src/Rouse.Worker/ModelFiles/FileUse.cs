using System.Text.Json;
using System.Text.Json.Serialization;

namespace Rouse.Worker.ModelFiles;

/// <summary>The record of one fetched file: what it is and how it is used. It lies beside the folder, one small file each, so that a damaged one costs no other.</summary>
internal sealed record FileUse
{
    /// <summary>Where it came from, without the query.</summary>
    public required string Url { get; init; }

    /// <inheritdoc cref="ModelAddress.Source"/>
    public required string Source { get; init; }

    /// <summary>Inside the model folder.</summary>
    public required string Path { get; init; }

    public required string Sha256 { get; init; }

    public required DateTimeOffset DownloadedAt { get; init; }

    public required DateTimeOffset LastUsed { get; init; }

    public required long UsageCount { get; init; }

    public required long FileSize { get; init; }

    /// <returns>Null when it is not there or damaged.</returns>
    public static FileUse? Read(string path)
    {
        try
        {
            var read = File.Exists(path) ? JsonSerializer.Deserialize(File.ReadAllBytes(path), UseJson.Default.FileUse) : null;
            return read is { Sha256.Length: 64, Source: not null, Url: not null } ? read : null;
        }
        catch (Exception fault) when (fault is JsonException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Whole or not at all: a reader sees the one before or this one.</summary>
    public void Write(string path)
    {
        // Where a volume's locks do not reach other machines, another worker may write it too.
        var draft = $"{path}.{Environment.MachineName}.new";
        File.WriteAllBytes(draft, JsonSerializer.SerializeToUtf8Bytes(this, UseJson.Default.FileUse));
        File.Move(draft, path, overwrite: true);
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(FileUse))]
internal sealed partial class UseJson : JsonSerializerContext;
