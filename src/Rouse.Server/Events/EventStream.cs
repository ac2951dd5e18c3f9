using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Rouse.Core.Deployments;
using Rouse.Core.Tenancy;
using Rouse.Server.Http;

namespace Rouse.Server.Events;

/// <summary>Sends a deployment's events from a position on, until it has ended or the caller leaves.</summary>
internal sealed class EventStream(EventFeed feed, Pulse pulse, IHostApplicationLifetime lifetime)
{
    /// <param name="wants">Which events are sent.</param>
    /// <param name="ends">Whether the stream ends once an event of this phase was the last there is.</param>
    /// <param name="farewell">The last frame before such an end, given the number of the last event and its phase; null for none.</param>
    public async Task SendAsync(
        HttpContext context, TenantId tenant, DeploymentId id, long position, Func<FeedEvent, bool> wants, Func<Phase, bool> ends,
        Func<long, Phase, byte[]>? farewell = null)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        var left = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = stop.Token.Register(static state => ((TaskCompletionSource)state!).TrySetResult(), left);
        using var watch = feed.Watch(tenant, id);
        Phase? phase = null;
        await Sse.BeginAsync(context);
        try
        {
            while (!stop.IsCancellationRequested)
            {
                var beat = pulse.Next;
                var batch = await watch.Topic.ReadAsync(position, stop.Token);
                foreach (var one in batch.Events)
                {
                    if (wants(one)) await context.Response.Body.WriteAsync(one.Frame, stop.Token);
                    position = one.Sequence;
                    phase = one.Phase ?? phase;
                }

                if (!batch.Events.IsEmpty) await context.Response.Body.FlushAsync(stop.Token);
                else if (phase is { } last && ends(last))
                {
                    if (farewell is not null) await context.Response.Body.WriteAsync(farewell(position, last), stop.Token);
                    return;
                }

                if (batch.Events.IsEmpty && !batch.More.IsCompleted && await Task.WhenAny(batch.More, beat, left.Task) == beat)
                {
                    await Sse.BeatAsync(context, stop.Token);
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The caller left or the server stops: a stream may end anywhere, the next one resumes.
        }
    }
}
