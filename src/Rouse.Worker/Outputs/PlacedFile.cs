using System.Text.Json;

namespace Rouse.Worker.Outputs;

/// <summary>Where a thing lies that is not in the answer: at a URL, or in a folder.</summary>
internal sealed record PlacedFile(MadeThing Thing, string? Url, DateTimeOffset? ExpiresAt, string? Path)
{
    public static PlacedFile At(MadeThing thing, StoreWord.Has there) => new(thing, there.Url, there.ExpiresAt, Path: null);

    public static PlacedFile In(MadeThing thing, (string Path, DateTimeOffset ExpiresAt) there) => new(thing, Url: null, there.ExpiresAt, there.Path);

    /// <summary>What leads to it, and what it must be.</summary>
    public void WriteMembers(Utf8JsonWriter json)
    {
        if (Url is not null) json.WriteString("url", Url);
        if (Path is not null) json.WriteString("path", Path);
        json.WriteString("sha256", Thing.Sha256);
        json.WriteNumber("size", Thing.Content.Length);
        json.WriteString("media_type", Thing.MediaType);
        if (ExpiresAt is { } at) json.WriteString("expires_at", at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture));
    }
}
