using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Rouse.TestKit.Secrets;

namespace Rouse.Server.Tests.Secrets;

/// <summary>A receiver of webhooks that looks at all it gets, answers as told, and quotes the request in its answer.</summary>
internal sealed class CanarySink : IAsyncDisposable
{
    private readonly WebApplication _app;
    private int _received;

    private CanarySink(WebApplication app) => (_app, Url) = (app, app.Urls.Single() + "/hook");

    public string Url { get; }

    public string Origin => _app.Urls.Single();

    public int Received => Volatile.Read(ref _received);

    /// <summary>Answers, first to last; then 200.</summary>
    public ConcurrentQueue<int> Answers { get; } = new();

    /// <param name="allowed">Kinds that belong into what it gets.</param>
    public static async Task<CanarySink> StartAsync(CanaryCage cage, params IReadOnlyList<string> allowed)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        CanarySink? sink = null;
        app.Run(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            var headers = string.Join('\n', context.Request.Headers.Select(header => $"{header.Key}: {header.Value}"));
            var whole = $"{context.Request.Path}{context.Request.QueryString}\n{headers}\n{await reader.ReadToEndAsync()}";
            cage.Look("what was sent to a webhook or store", whole, allowed);
            Interlocked.Increment(ref sink!._received);
            context.Response.StatusCode = sink.Answers.TryDequeue(out var answer) ? answer : 200;
            await context.Response.WriteAsync(whole);
        });
        await app.StartAsync();
        return sink = new CanarySink(app);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
