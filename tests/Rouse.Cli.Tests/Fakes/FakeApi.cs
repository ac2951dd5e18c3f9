using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Rouse.Cli.Tests.Fakes;

/// <summary>What the CLI asked, as it came over the wire.</summary>
internal sealed record Asked(string Method, string Path, IReadOnlyDictionary<string, string> Headers, string Body);

/// <summary>The server's API over real HTTP on a free port, with a start that the test drives.</summary>
internal sealed class FakeApi : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<Asked> _asked = new();
    private readonly ConcurrentQueue<(string Method, int Status)> _refusals = new();

    private FakeApi(WebApplication app) => _app = app;

    public FakeDeployments Deployments { get; } = new();

    public FakeJobs Jobs { get; } = new();

    public FakeCatalog Catalog { get; } = new();

    public Uri Address => new(_app.Urls.Single());

    public IReadOnlyList<Asked> Asked => [.. _asked];

    public static async Task<FakeApi> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.WebHost.UseKestrel(o => o.AllowSynchronousIO = false);
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(1));
        var app = builder.Build();
        var fake = new FakeApi(app);
        app.Use(fake.RecordAsync);
        app.MapGet("/health", () => Results.Text("""{"status":"ok"}""", "application/json"));
        app.MapGet("/readiness", () => Results.Text("""{"status":"ready"}""", "application/json"));
        app.MapGet("/", () => Results.Text("""{"service":"fake","version":"9.9.9","docs":"/openapi.json"}""", "application/json"));
        fake.Deployments.Map(app);
        fake.Jobs.Map(app);
        fake.Catalog.Map(app);
        await app.StartAsync();
        return fake;
    }

    /// <summary>The next requests of this method are answered with these statuses before anything happens.</summary>
    public void RefuseNext(string method, params int[] statuses)
    {
        foreach (var status in statuses) _refusals.Enqueue((method, status));
    }

    public async ValueTask DisposeAsync()
    {
        Deployments.EndStreams();
        await _app.DisposeAsync();
    }

    private async Task RecordAsync(HttpContext context, RequestDelegate next)
    {
        using var reader = new StreamReader(context.Request.Body);
        var body = await reader.ReadToEndAsync(context.RequestAborted);
        context.Request.Body = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(body));
        var headers = context.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        _asked.Enqueue(new Asked(context.Request.Method, context.Request.GetEncodedPathAndQuery(), headers, body));
        if (!_refusals.TryPeek(out var refusal) || refusal.Method != context.Request.Method || !_refusals.TryDequeue(out _))
        {
            await next(context);
            return;
        }

        context.Response.StatusCode = refusal.Status;
        await context.Response.WriteAsync("""{"code":"REFUSED_BY_TEST","message":"the test refuses this"}""", context.RequestAborted);
    }
}
