using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Rouse.FakeRunpod.Workers;

namespace Rouse.Cli.Tests.Gateway;

/// <summary>Pods of a service and the proxy before them on one port: a pod answers while its container runs, and notes what is done in it.</summary>
internal sealed class SleepyPods : IWorkerRunner, IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Container> _running = new(StringComparer.Ordinal);
    private readonly WebApplication _app;
    private int _starts;
    private int _streams;
    private int _cutOff;
    private volatile TaskCompletionSource _streamEnds = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private SleepyPods(WebApplication app) => _app = app;

    public string AddressTemplate => $"{_app.Urls.First()}/{{pod}}/{{port}}";

    public int Running => _running.Count;

    public int Starts => Volatile.Read(ref _starts);

    public int Streams => Volatile.Read(ref _streams);

    /// <summary>Containers that were stopped while they streamed.</summary>
    public int CutOff => Volatile.Read(ref _cutOff);

    /// <summary>How often each piece of work was done, by its name.</summary>
    public ConcurrentDictionary<string, int> Done { get; } = new(StringComparer.Ordinal);

    public static async Task<SleepyPods> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var pods = new SleepyPods(builder.Build());
        pods._app.Run(pods.AnswerAsync);
        await pods._app.StartAsync();
        return pods;
    }

    public IRunningWorker Start(ContainerLaunch launch)
    {
        Interlocked.Increment(ref _starts);
        return _running[launch.Id] = new Container(this, launch.Id);
    }

    public void EndStreams() => _streamEnds.TrySetResult();

    public async ValueTask DisposeAsync()
    {
        EndStreams();
        await _app.DisposeAsync();
    }

    private Task AnswerAsync(HttpContext context)
    {
        var parts = context.Request.Path.Value!.Split('/', 4);
        if (parts.Length == 4 && _running.ContainsKey(parts[1])) return parts[3] switch { "health" => Task.CompletedTask, "stream" => StreamAsync(context), _ => WorkAsync(context, parts[3]) };
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }

    private Task WorkAsync(HttpContext context, string work)
    {
        Done.AddOrUpdate(work, 1, static (_, times) => times + 1);
        return context.Response.WriteAsync("done");
    }

    private async Task StreamAsync(HttpContext context)
    {
        Interlocked.Increment(ref _streams);
        try
        {
            await context.Response.WriteAsync("data: first\n\n");
            await context.Response.Body.FlushAsync();
            await _streamEnds.Task.WaitAsync(context.RequestAborted);
            await context.Response.WriteAsync("data: last\n\n");
        }
        finally
        {
            Interlocked.Decrement(ref _streams);
        }
    }

    private sealed class Container(SleepyPods pods, string id) : IRunningWorker
    {
        private readonly TaskCompletionSource<int> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<int> Ended => _ended.Task;

        public Task StopAsync(TimeSpan grace)
        {
            if (pods.Streams > 0) Interlocked.Increment(ref pods._cutOff);
            pods._running.TryRemove(id, out _);
            _ended.TrySetResult(0);
            return Task.CompletedTask;
        }
    }
}
