using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Rouse.Cli.Tests.Gateway;

/// <summary>A service on a free port: awake when it is told to be, notes each request that came whole, and answers when it is let.</summary>
internal sealed class RecordedService : IAsyncDisposable
{
    private readonly WebApplication _app;
    private volatile SemaphoreSlim? _gate;
    private int _isAwake = 1;
    private int _inside;
    private int _answered;

    private RecordedService(WebApplication app) => _app = app;

    public string Address => _app.Urls.Single();

    public bool IsAwake
    {
        get => Volatile.Read(ref _isAwake) == 1;
        set => Volatile.Write(ref _isAwake, value ? 1 : 0);
    }

    /// <summary>Requests that came whole and are not answered yet.</summary>
    public int Inside => Volatile.Read(ref _inside);

    public int Answered => Volatile.Read(ref _answered);

    /// <summary>All that came whole, in their order.</summary>
    public ConcurrentQueue<(string Path, string Sha256)> Requests { get; } = new();

    public static async Task<RecordedService> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var service = new RecordedService(builder.Build());
        service._app.Run(service.AnswerAsync);
        await service._app.StartAsync();
        return service;
    }

    /// <summary>From now on nothing is answered but what is let.</summary>
    public void Close() => _gate = new SemaphoreSlim(0);

    public void Let(int answers)
    {
        if (answers > 0) _gate!.Release(answers);
    }

    public void Open()
    {
        var gate = _gate;
        _gate = null;
        // More than ever wait at it.
        gate?.Release(1_000_000);
    }

    public async ValueTask DisposeAsync()
    {
        Open();
        await _app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        if (context.Request.Path == "/health")
        {
            context.Response.StatusCode = IsAwake ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
            return;
        }

        var sha256 = Convert.ToHexStringLower(await SHA256.HashDataAsync(context.Request.Body));
        Requests.Enqueue((context.Request.Path, sha256));
        Interlocked.Increment(ref _inside);
        if (_gate is { } gate) await gate.WaitAsync();
        Interlocked.Decrement(ref _inside);
        Interlocked.Increment(ref _answered);
        await context.Response.WriteAsync(sha256);
    }
}
