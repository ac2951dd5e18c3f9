using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Rouse.Server.Tests.JobPlane;

/// <summary>A receiver of webhooks on a free port that answers as it is told and keeps what it got.</summary>
internal sealed class WebhookSink : IAsyncDisposable
{
    private readonly WebApplication _app;

    private WebhookSink(WebApplication app) => (_app, Url) = (app, app.Urls.Single() + "/hook");

    public string Url { get; }

    public ConcurrentQueue<(string Path, string ContentType, string Body, IReadOnlyDictionary<string, string> Headers)> Received { get; } = new();

    /// <summary>Answers, first to last; then 200.</summary>
    public ConcurrentQueue<int> Answers { get; } = new();

    /// <summary>Header of answers that are failures; null for none.</summary>
    public string? RetryAfter { get; set; }

    public static async Task<WebhookSink> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        WebhookSink? sink = null;
        app.Run(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            var status = sink!.Answers.TryDequeue(out var answer) ? answer : 200;
            var headers = context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
            sink.Received.Enqueue((context.Request.Path, context.Request.ContentType ?? "", await reader.ReadToEndAsync(), headers));
            context.Response.StatusCode = status;
            if (sink.RetryAfter is { } retryAfter && status >= 400) context.Response.Headers.RetryAfter = retryAfter;
            if (status is >= 300 and < 400) context.Response.Headers.Location = "/elsewhere";
        });
        await app.StartAsync();
        return sink = new WebhookSink(app);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
