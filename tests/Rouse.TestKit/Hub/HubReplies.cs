using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Rouse.TestKit.Hub;

/// <summary>The hub's answers that are no file bodies.</summary>
internal static class HubReplies
{
    public static async Task ListAsync(HttpContext context, FakeRepository repository)
    {
        context.Response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteString("id", repository.Id);
        json.WriteString("sha", repository.Commit);
        json.WriteBoolean("private", repository.IsPrivate);
        if (repository.IsGated) json.WriteString("gated", "manual");
        else json.WriteBoolean("gated", false);
        json.WriteStartArray("siblings");
        foreach (var file in repository.Files) Sibling(json, file.Path, file.Size + repository.ListedExtraSize, file.Etag, file.IsLarge);
        foreach (var name in repository.ListedNames) Sibling(json, name, 1, new string('0', 40), isLarge: false);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    public static void Redirect(HttpContext context, FakeRepository repository, FakeFile file, string location)
    {
        context.Response.Headers["X-Repo-Commit"] = repository.Commit;
        context.Response.Headers["X-Linked-Size"] = $"{file.Size}";
        context.Response.Headers["X-Linked-ETag"] = $"\"{file.Etag}\"";
        context.Response.Redirect(location);
    }

    public static async Task RefuseAsync(HttpContext context, int status, string? code, int? retryAfter)
    {
        context.Response.StatusCode = status;
        if (code is not null) context.Response.Headers["X-Error-Code"] = code;
        if (retryAfter is not null && status is 429 or 503) context.Response.Headers.RetryAfter = $"{retryAfter}";
        await context.Response.WriteAsync($$"""{"error":"{{code ?? "Refused"}}"}""");
    }

    private static void Sibling(Utf8JsonWriter json, string name, long size, string etag, bool isLarge)
    {
        json.WriteStartObject();
        json.WriteString("rfilename", name);
        json.WriteNumber("size", size);
        json.WriteString("blobId", isLarge ? new string('f', 40) : etag);
        if (isLarge)
        {
            json.WriteStartObject("lfs");
            json.WriteString("sha256", etag);
            json.WriteNumber("size", size);
            json.WriteNumber("pointerSize", 135);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }
}
