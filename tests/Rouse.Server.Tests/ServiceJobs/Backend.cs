using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Rouse.Server.Tests.ServiceJobs;

/// <summary>A service behind a real socket: notes what comes, and answers as it is told.</summary>
internal sealed class Backend : IAsyncDisposable
{
    private readonly WebApplication _app;

    private Backend(WebApplication app) => _app = app;

    public Uri Address => new(_app.Urls.Single());

    /// <summary>What came, in its order, as far as its body was read.</summary>
    public ConcurrentQueue<Seen> Requests { get; } = new();

    /// <summary>The answers in their order; the last one for ever.</summary>
    public ConcurrentQueue<Func<HttpContext, Seen, Task>> Answers { get; } = new();

    public static async Task<Backend> StartAsync(params Func<HttpContext, Seen, Task>[] answers)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0").ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = null);
        var app = builder.Build();
        var backend = new Backend(app);
        foreach (var answer in answers) backend.Answers.Enqueue(answer);
        app.Run(backend.AnswerAsync);
        await app.StartAsync();
        return backend;
    }

    public static Func<HttpContext, Seen, Task> Says(int status, string body, string type = "application/json") => async (context, _) =>
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        await context.Response.WriteAsync(body);
    };

    /// <summary>The connection is reset before a byte of the answer.</summary>
    public static Task ResetAsync(HttpContext context, Seen seen)
    {
        context.Abort();
        return Task.CompletedTask;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var target = context.Features.Get<IHttpRequestFeature>()!.RawTarget;
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var headers = context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        var seen = new Seen(context.Request.Method, target, headers, body.Length, Convert.ToHexStringLower(SHA256.HashData(body.ToArray())));
        Requests.Enqueue(seen);
        Func<HttpContext, Seen, Task>? answer;
        if (Answers.Count > 1) Answers.TryDequeue(out answer);
        else Answers.TryPeek(out answer);
        await answer!(context, seen);
    }

    internal sealed record Seen(string Method, string Target, IReadOnlyDictionary<string, string> Headers, long Bytes, string Sha256);
}
