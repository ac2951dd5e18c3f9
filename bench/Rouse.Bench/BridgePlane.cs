using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Rouse.Bench;

/// <summary>The least of a job plane: one worker takes jobs from it and brings results home.</summary>
internal sealed class BridgePlane : IAsyncDisposable
{
    private readonly Channel<string> _jobs = Channel.CreateUnbounded<string>();
    private readonly Channel<int> _done = Channel.CreateUnbounded<int>();
    private readonly WebApplication _app;

    private BridgePlane(WebApplication app) => _app = app;

    public string Url => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    public static async Task<BridgePlane> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Limits.MaxRequestBodySize = null);
        var plane = new BridgePlane(builder.Build());
        plane._app.Run(plane.AnswerAsync);
        await plane._app.StartAsync();
        return plane;
    }

    /// <summary>Hands one job to the worker and waits for its result.</summary>
    /// <returns>Bytes of the result.</returns>
    public async Task<int> RunAsync(string job)
    {
        await _jobs.Writer.WriteAsync(job);
        return await _done.Reader.ReadAsync();
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        try
        {
            switch (context.Request.Path.Value!.Split('/')[1])
            {
                case "job-take":
                    await context.Response.WriteAsync(await _jobs.Reader.ReadAsync(context.RequestAborted));
                    break;
                case "job-done":
                    using (var body = new MemoryStream())
                    {
                        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
                        _done.Writer.TryWrite((int)body.Length);
                    }

                    break;
                case "job-stop":
                    await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
                    break;
            }
        }
        catch (OperationCanceledException)
        {
            // The worker has gone.
        }
    }
}
