using System.Globalization;
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
        Describe(json, repository);
        if (repository.Parameters.Count > 0)
        {
            json.WriteStartObject("safetensors");
            json.WriteStartObject("parameters");
            foreach (var (type, count) in repository.Parameters) json.WriteNumber(type, count);
            json.WriteEndObject();
            json.WriteNumber("total", repository.Parameters.Values.Sum());
            json.WriteEndObject();
        }

        json.WriteStartArray("siblings");
        foreach (var file in repository.Files) Sibling(json, file.Path, file.Size + repository.ListedExtraSize, file.Etag, file.IsLarge);
        foreach (var name in repository.ListedNames) Sibling(json, name, 1, new string('0', 40), isLarge: false);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>The hub finds by a part of the name, shows one task when asked for it, the most downloaded first, and no more than <c>limit</c>.</summary>
    public static async Task SearchAsync(HttpContext context, IEnumerable<FakeRepository> repositories)
    {
        var query = context.Request.Query;
        var (words, tag, limit) = (query["search"].ToString(), query["pipeline_tag"].ToString(), int.Parse(query["limit"].ToString(), CultureInfo.InvariantCulture));
        var found = repositories.Where(repository =>
            repository.Id.Contains(words, StringComparison.OrdinalIgnoreCase) && (tag.Length == 0 || repository.PipelineTag == tag));
        context.Response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        json.WriteStartArray();
        foreach (var repository in found.OrderByDescending(static repository => repository.Downloads).Take(limit))
        {
            json.WriteStartObject();
            json.WriteString("id", repository.Id);
            json.WriteNumber("downloads", repository.Downloads);
            json.WriteNumber("likes", 7);
            Describe(json, repository);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Headers, and never a body.</summary>
    public static async Task StallAsync(HttpContext context)
    {
        await context.Response.StartAsync();
        var gone = new TaskCompletionSource();
        await using var abort = context.RequestAborted.Register(gone.SetResult);
        await gone.Task;
    }

    /// <summary>The beginning of a body, and the end of the connection.</summary>
    public static async Task CutAsync(HttpContext context)
    {
        context.Response.ContentLength = 1000;
        await context.Response.WriteAsync("{\"id\":");
        await context.Response.Body.FlushAsync();
        context.Abort();
    }

    public static void Redirect(HttpContext context, FakeRepository repository, FakeFile file, string location)
    {
        context.Response.Headers["X-Repo-Commit"] = repository.Commit;
        context.Response.Headers["X-Linked-Size"] = $"{file.Size}";
        context.Response.Headers["X-Linked-ETag"] = $"\"{file.Etag}\"";
        context.Response.Redirect(location);
    }

    public static async Task RefuseAsync(HttpContext context, int status, string? code, HubScript script)
    {
        context.Response.StatusCode = status;
        if (code is not null) context.Response.Headers["X-Error-Code"] = code;
        if (script.RetryAfter is { } wait && status is 429 or 503) context.Response.Headers.RetryAfter = $"{wait}";
        var said = script.RepeatsCredentials ? $" You sent {context.Request.Headers.Authorization}." : "";
        await context.Response.WriteAsync($$"""{"error":"{{code ?? "Refused"}}{{said}}"}""");
    }

    private static void Describe(Utf8JsonWriter json, FakeRepository repository)
    {
        if (repository.PipelineTag is { } tag) json.WriteString("pipeline_tag", tag);
        if (repository.IsGated) json.WriteString("gated", "manual");
        else json.WriteBoolean("gated", false);
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
