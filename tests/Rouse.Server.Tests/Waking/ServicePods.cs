using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Rouse.FakeRunpod.Workers;

namespace Rouse.Server.Tests.Waking;

/// <summary>
/// The containers of a service's pods, and the proxy before them: one real server, where a pod is the first segment of the path and answers only while
/// its container runs.
/// </summary>
internal sealed class ServicePods : IWorkerRunner, IAsyncDisposable
{
    private static readonly TimeSpan s_work = TimeSpan.FromMilliseconds(50);

    private readonly ConcurrentDictionary<string, Container> _running = new(StringComparer.Ordinal);
    private readonly WebApplication _app;

    private ServicePods(WebApplication app) => _app = app;

    /// <summary>As the provider makes addresses of it.</summary>
    public string AddressTemplate => $"{_app.Urls.First()}/{{pod}}/{{port}}";

    /// <summary>What the health page answers while the container runs.</summary>
    public Func<HttpContext, Task> Health { get; set; } = static context => context.Response.WriteAsync("fine");

    /// <summary>Pods whose containers run, now.</summary>
    public IReadOnlyCollection<string> Running => [.. _running.Keys];

    /// <summary>How often each piece of work was done, by its name.</summary>
    public ConcurrentDictionary<string, int> Done { get; } = new(StringComparer.Ordinal);

    /// <summary>Containers started so far.</summary>
    public int Starts { get; private set; }

    public static async Task<ServicePods> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var pods = new ServicePods(builder.Build());
        pods._app.Run(pods.AnswerAsync);
        await pods._app.StartAsync();
        return pods;
    }

    public IRunningWorker Start(ContainerLaunch launch)
    {
        Starts++;
        return _running[launch.Id] = new Container(() => _running.TryRemove(launch.Id, out _));
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private Task AnswerAsync(HttpContext context)
    {
        var parts = context.Request.Path.Value!.Split('/', 4);
        if (parts.Length < 4 || !_running.ContainsKey(parts[1]))
        {
            // As Runpod's proxy answers for a pod that does not run.
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        }

        return parts[3] == "health" ? Health(context) : WorkAsync(context, parts[1], parts[3]);
    }

    /// <summary>Takes a moment; a container that ends meanwhile takes the connection with it.</summary>
    private async Task WorkAsync(HttpContext context, string pod, string work)
    {
        var container = _running.GetValueOrDefault(pod);
        Done.AddOrUpdate(work, 1, static (_, times) => times + 1);
        if (container is not null && await Task.WhenAny(container.Ended, Task.Delay(s_work, TimeProvider.System, context.RequestAborted)) != container.Ended) await context.Response.WriteAsync(pod);
        else context.Abort();
    }

    private sealed class Container(Action end) : IRunningWorker
    {
        private readonly TaskCompletionSource<int> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<int> Ended => _ended.Task;

        public Task StopAsync(TimeSpan grace)
        {
            end();
            _ended.TrySetResult(0);
            return Task.CompletedTask;
        }
    }
}
