using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Rouse.TestKit.Firestore;

/// <summary>
/// <c>documents:commit</c> of Firestore's REST API v1 on a real socket, as strict as the service: names, one type for each value, 500 writes, all or nothing.
/// </summary>
public sealed partial class FakeFirestore : IAsyncDisposable
{
    private const int MaxWrites = 500;

    private readonly WebApplication _app;

    private FakeFirestore()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.Run(AnswerAsync);
    }

    public Uri Endpoint { get; private set; } = null!;

    /// <summary>Documents by <c>collection/id</c>.</summary>
    public ConcurrentDictionary<string, JsonElement> Documents { get; } = new(StringComparer.Ordinal);

    /// <summary>The credential of each call.</summary>
    public ConcurrentQueue<string> Credentials { get; } = new();

    /// <summary>Looks at each call first; a status here is the answer.</summary>
    public Func<JsonElement, int?>? Fault { get; set; }

    /// <summary>What <c>Authorization</c> must be.</summary>
    public string Credential { get; set; } = "Bearer owner";

    public static async Task<FakeFirestore> StartAsync()
    {
        var server = new FakeFirestore();
        await server._app.StartAsync();
        server.Endpoint = new Uri(server._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        return server;
    }

    /// <summary>The value of one field, whatever its type.</summary>
    public string? Field(string document, string name) =>
        Documents.TryGetValue(document, out var fields) && fields.TryGetProperty(name, out var value) ? value.EnumerateObject().Single().Value.GetString() : null;

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var credential = context.Request.Headers.Authorization.ToString();
        Credentials.Enqueue(credential);
        var match = CommitPath().Match(context.Request.Path.Value ?? "");
        if (!match.Success || !HttpMethods.IsPost(context.Request.Method))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        using var body = await JsonDocument.ParseAsync(context.Request.Body);
        context.Response.StatusCode = Fault?.Invoke(body.RootElement)
            ?? (credential != Credential ? StatusCodes.Status401Unauthorized : TryCommit(body.RootElement, match.Groups["root"].Value) ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest);
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(context.Response.StatusCode == StatusCodes.Status200OK ? """{"writeResults":[],"commitTime":"2030-01-01T00:00:00Z"}""" : "{}");
    }

    private bool TryCommit(JsonElement body, string root)
    {
        if (!body.TryGetProperty("writes", out var writes) || writes.GetArrayLength() > MaxWrites || body.EnumerateObject().Count() != 1) return false;
        Dictionary<string, JsonElement> changed = new(StringComparer.Ordinal);
        foreach (var write in writes.EnumerateArray())
        {
            if (write.EnumerateObject().Count() != 1 || !write.TryGetProperty("update", out var document)) return false;
            var name = document.GetProperty("name").GetString()!;
            var fields = document.GetProperty("fields");
            if (!name.StartsWith(root + "/", StringComparison.Ordinal) || !DocumentPath().IsMatch(name[(root.Length + 1)..])) return false;
            // One document written twice in a commit is refused by the service too.
            if (!fields.EnumerateObject().All(field => IsValue(field.Value)) || !changed.TryAdd(name[(root.Length + 1)..], fields.Clone())) return false;
        }

        foreach (var (name, fields) in changed) Documents[name] = fields;
        return true;
    }

    private static bool IsValue(JsonElement value) => value.ValueKind == JsonValueKind.Object && value.EnumerateObject().ToList() is [var only] && only.Name switch
    {
        "stringValue" => only.Value.ValueKind == JsonValueKind.String,
        "integerValue" => long.TryParse(only.Value.GetString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _),
        "timestampValue" => DateTimeOffset.TryParse(only.Value.GetString(), CultureInfo.InvariantCulture, out _),
        "nullValue" => only.Value.GetString() == "NULL_VALUE",
        _ => false,
    };

    [GeneratedRegex("^/v1/(?<root>projects/[a-z0-9-]+/databases/[()a-z0-9-]+/documents):commit$", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex CommitPath();

    [GeneratedRegex("^[^/.][^/]*/[^/.][^/]*$", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex DocumentPath();
}
