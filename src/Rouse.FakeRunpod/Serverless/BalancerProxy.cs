using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Rouse.FakeRunpod.Http;
using Rouse.FakeRunpod.World;

namespace Rouse.FakeRunpod.Serverless;

/// <summary>
/// What <c>https://{endpoint}.api.runpod.ai</c> is on the real service, as the path <c>/{endpoint}/…</c>: 401 without a key of its account, 404 for what is
/// no load balancer's. A request is held while no worker answers 200 at its health path, 2 min at most, and counts for the scaler from its first byte on.
/// </summary>
internal sealed class BalancerProxy(RunpodWorld world, Func<Func<string, int, Uri?>> servers) : IDisposable
{
    /// <summary>Runpod's, for a request without a worker.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>Between two looks at the health page of a worker that is not up yet; this fake's own figure.</summary>
    private static readonly TimeSpan s_between = TimeSpan.FromMilliseconds(50);

    private readonly Passage _passage = new();
    private readonly CancellationTokenSource _ended = new();

    public async Task HandleAsync(HttpContext context)
    {
        var (id, tail) = Passage.Split(context.Request.Path.Value!);
        var key = context.Request.Headers.Authorization.ToString();
        var account = world.Read(() => world.Accounts.Find(account => account.Keys.Any(known => key == "Bearer " + known)));
        if (account is null)
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return;
        }

        if (world.Read(() => world.Endpoints.Find(account, id)) is not { IsQueue: false } endpoint)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        await HoldAsync(context, endpoint, tail);
    }

    /// <summary>Looks at a worker's health page until it is up. Called under the world's lock.</summary>
    public void Watch(ServerlessEndpoint endpoint, Worker worker) => _ = WatchAsync(endpoint, worker);

    public void Dispose()
    {
        _ended.Cancel();
        _ended.Dispose();
        _passage.Dispose();
    }

    private async Task HoldAsync(HttpContext context, ServerlessEndpoint endpoint, string tail)
    {
        world.Enter(() =>
        {
            endpoint.Requests++;
            endpoint.LastActive = world.Now;
        });
        Worker? worker = null;
        try
        {
            worker = await TakeAsync(endpoint, context.RequestAborted);
            if (worker is null)
            {
                context.Response.StatusCode = StatusCodes.Status400BadRequest;
                context.Response.ContentType = "application/json";
                await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes("""{"error":"timed out waiting for worker"}"""), context.RequestAborted);
                return;
            }

            var server = Server(endpoint, worker);
            await _passage.PassAsync(context, server is null ? null : new Uri(server.ToString().TrimEnd('/') + tail + context.Request.QueryString));
        }
        catch (OperationCanceledException)
        {
            // Whoever asked has left.
        }
        finally
        {
            world.Enter(() => Release(endpoint, worker));
        }
    }

    /// <returns>The worker with the fewest requests; null when there was none for too long.</returns>
    private async Task<Worker?> TakeAsync(ServerlessEndpoint endpoint, CancellationToken ct)
    {
        var end = world.Now + Patience;
        while (true)
        {
            var (worker, changed) = world.Enter(() =>
            {
                var free = endpoint.Workers.Where(static one => one is { IsReady: true, IsUnwell: false, IsDraining: false } && one.Container.IsRunning).MinBy(static one => one.Requests);
                if (free is not null) free.Requests++;
                return (free, endpoint.Queue.Changed);
            });
            if (worker is not null) return worker;
            var left = end - world.Now;
            if (left <= TimeSpan.Zero || endpoint.Queue.IsClosed) return null;
            await changed.WaitAsync(left, world.Time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            ct.ThrowIfCancellationRequested();
        }
    }

    private void Release(ServerlessEndpoint endpoint, Worker? worker)
    {
        endpoint.Requests--;
        endpoint.LastActive = world.Now;
        if (worker is null || --worker.Requests > 0) return;
        worker.IdleSince = world.Now;
        endpoint.Queue.Wake();
    }

    private async Task WatchAsync(ServerlessEndpoint endpoint, Worker worker)
    {
        try
        {
            await Task.Yield();
            var path = endpoint.Body.MapAt("env").GetValueOrDefault("HEALTH_CHECK_PATH", "/ping");
            while (world.Read(() => worker.Container.IsRunning))
            {
                if (Server(endpoint, worker) is { } server && await _passage.StatusAsync(new Uri(server.ToString().TrimEnd('/') + path), _ended.Token) == 200)
                {
                    world.Enter(() =>
                    {
                        (worker.IsReady, worker.IdleSince) = (true, world.Now);
                        endpoint.Queue.Wake();
                    });
                    return;
                }

                await Task.Delay(s_between, world.Time, _ended.Token);
            }
        }
        catch (Exception over) when (over is OperationCanceledException or ObjectDisposedException)
        {
            // The fake has ended.
        }
    }

    private Uri? Server(ServerlessEndpoint endpoint, Worker worker) =>
        int.TryParse(endpoint.Body.MapAt("env").GetValueOrDefault("PORT", "80"), NumberStyles.None, CultureInfo.InvariantCulture, out var port) ? servers()(worker.Id, port) : null;
}
