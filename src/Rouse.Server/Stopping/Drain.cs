using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Rouse.Server.Stopping;

/// <summary>
/// The way from "please stop" to the stop. The framework closes its listener at once when it is told to stop (dotnet/aspnetcore#30387), while
/// balancers still send requests here; so first <c>/readiness</c> answers 503, each answer asks its connection to be closed, and all else goes on
/// until <see cref="StopBounds.DrainDelay"/> is over. Then held polls, streams and waits are ended in good order and the listener closes.
/// </summary>
internal sealed partial class Drain(StopBounds bounds, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<Drain> logger)
{
    private readonly Lock _gate = new();
    private Task? _way;
    private int _inFlight;

    /// <summary>No new work should be sent here; what comes all the same is done.</summary>
    public bool HasBegun => Volatile.Read(ref _way) is not null;

    /// <summary>Begins it, or joins one that has begun. Completes when the server may stop.</summary>
    public Task BeginAsync()
    {
        lock (_gate) return _way ??= GoAsync();
    }

    public async Task CountAsync(HttpContext context, RequestDelegate next)
    {
        Interlocked.Increment(ref _inFlight);
        try
        {
            context.Response.OnStarting(static state =>
            {
                var (drain, http) = ((Drain, HttpContext))state;
                // A connection that is kept would be closed under its next request.
                if (drain.HasBegun && HttpProtocol.IsHttp11(http.Request.Protocol)) http.Response.Headers.Connection = "close";
                return Task.CompletedTask;
            }, (this, context));
            await next(context);
        }
        finally
        {
            Interlocked.Decrement(ref _inFlight);
        }
    }

    private async Task GoAsync()
    {
        LogBegun(logger, Volatile.Read(ref _inFlight), bounds.DrainDelay.TotalSeconds);
        // Stopped by other means meanwhile: then there is nothing to wait for.
        await Task.Delay(bounds.DrainDelay, time, lifetime.ApplicationStopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        LogOver(logger, Volatile.Read(ref _inFlight));
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Stopping: {InFlight} requests are under way; /readiness answers 503 and requests are still taken for {Delay} s")]
    private static partial void LogBegun(ILogger logger, int inFlight, double delay);

    [LoggerMessage(Level = LogLevel.Information, Message = "Taking no more requests; {InFlight} are under way")]
    private static partial void LogOver(ILogger logger, int inFlight);
}

/// <param name="DrainDelay">From readiness failing to the listener closing.</param>
/// <param name="Shutdown">From then to the end: requests and workers that are not done by then are cut off.</param>
internal sealed record StopBounds(TimeSpan DrainDelay, TimeSpan Shutdown)
{
    /// <summary>A balancer asks for readiness every second or two and believes the second answer; nobody balances what only this machine reaches.</summary>
    private static readonly TimeSpan s_drainDelay = TimeSpan.FromSeconds(5);

    /// <summary>Workers get a few seconds to hand in what they have, callers to read what they were sent. With the delay it is within Kubernetes' 30 s.</summary>
    private static readonly TimeSpan s_shutdown = TimeSpan.FromSeconds(20);

    public static StopBounds Of(RouseHostOptions options, bool isLoopback) =>
        new(options.DrainDelay ?? (isLoopback ? TimeSpan.Zero : s_drainDelay), options.ShutdownTimeout ?? s_shutdown);
}

internal static class DrainPipeline
{
    /// <summary>Before all else, so that every answer counts.</summary>
    public static void UseDrain(this IApplicationBuilder app)
    {
        var drain = app.ApplicationServices.GetRequiredService<Drain>();
        app.Use(next => context => drain.CountAsync(context, next));
    }
}
