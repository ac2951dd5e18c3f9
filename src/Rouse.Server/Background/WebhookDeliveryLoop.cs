using System.Net.Http.Headers;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rouse.Store.Jobs;

namespace Rouse.Server.Background;

/// <summary>
/// Sends the webhooks that lie in the store. A delivery is claimed, sent, and then removed or put off; after a crash in between it is sent again, under
/// the same id.
/// </summary>
internal sealed partial class WebhookDeliveryLoop(
    DeliveryStore store, IReadOnlyDictionary<string, DeliveryPlan> plans, HttpMessageInvoker http, TimeProvider time, ILogger<WebhookDeliveryLoop> logger) : BackgroundService
{
    /// <summary>Enough for many quick receivers; a dead one holds a place for <see cref="Timeout"/>.</summary>
    private const int MaxAtOnce = 32;

    /// <summary>A receiver that needs longer should answer first and work then.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    /// <summary>A claim outlives the longest send by far.</summary>
    private static readonly TimeSpan s_hold = TimeSpan.FromMinutes(1);

    /// <summary>How soon what another replica queued is noticed.</summary>
    private static readonly TimeSpan s_safetyPoll = TimeSpan.FromSeconds(5);

    private readonly Channel<bool> _nudges = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private int _sending;

    /// <summary>Something was queued. Returns at once.</summary>
    public void Nudge() => _nudges.Writer.TryWrite(item: true);

    /// <summary>Without redirects, proxies and cookies: what is sent goes to the URL that was given, or nowhere.</summary>
    public static HttpMessageInvoker CreateHttp() => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        ConnectTimeout = TimeSpan.FromSeconds(5),
        MaxConnectionsPerServer = 4,
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
    });

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            var next = s_safetyPoll;
            try
            {
                next = await SendDueAsync(stoppingToken);
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                LogFailed(error);
            }

            await WaitAsync(next, stoppingToken);
        }
    }

    /// <returns>How long there is nothing to do.</returns>
    private async ValueTask<TimeSpan> SendDueAsync(CancellationToken ct)
    {
        while (MaxAtOnce - Volatile.Read(ref _sending) is > 0 and var room && await store.ClaimAsync(room, s_hold, ct) is { Count: > 0 } claimed)
        {
            Interlocked.Add(ref _sending, claimed.Count);
            foreach (var delivery in claimed) _ = SendAsync(delivery, ct);
        }

        if (Volatile.Read(ref _sending) >= MaxAtOnce || await store.NextAsync(ct) is not { } next) return s_safetyPoll;
        return TimeSpan.FromTicks(Math.Clamp((next - time.GetUtcNow()).Ticks, 0, s_safetyPoll.Ticks));
    }

    private async Task SendAsync(Delivery delivery, CancellationToken ct)
    {
        try
        {
            var plan = plans[delivery.Kind];
            if (await TrySendAsync(delivery, plan, ct) is not { } failure) await store.RemoveAsync(delivery.Id, ct);
            else if (delivery.Tries <= plan.Waits.Count) await store.PostponeAsync(delivery.Id, plan.Waits[delivery.Tries - 1], ct);
            else await GiveUpAsync(delivery, failure, ct);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            LogFailed(error);
        }
        finally
        {
            Interlocked.Decrement(ref _sending);
            Nudge();
        }
    }

    private async ValueTask GiveUpAsync(Delivery delivery, string failure, CancellationToken ct)
    {
        LogGivenUp(delivery.Id, delivery.Tries, failure);
        await store.RemoveAsync(delivery.Id, ct);
    }

    /// <returns>What went wrong; null when it was delivered.</returns>
    private async ValueTask<string?> TrySendAsync(Delivery delivery, DeliveryPlan plan, CancellationToken ct)
    {
        using var deadline = new CancellationTokenSource(Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, deadline.Token);
        using var request = new HttpRequestMessage(HttpMethod.Post, delivery.Url) { Content = new ByteArrayContent(delivery.Body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.TryAddWithoutValidation("User-Agent", "rouse");
        foreach (var (name, value) in plan.Headers(delivery)) request.Headers.TryAddWithoutValidation(name, value);
        try
        {
            using var response = await http.SendAsync(request, either.Token);
            return plan.Accepts((int)response.StatusCode) ? null : $"it answered {(int)response.StatusCode}";
        }
        catch (HttpRequestException error)
        {
            return error.HttpRequestError.ToString();
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            return $"no answer within {Timeout.TotalSeconds} s";
        }
    }

    /// <summary>For so long, or until a nudge.</summary>
    private async ValueTask WaitAsync(TimeSpan wait, CancellationToken ct)
    {
        using var due = new CancellationTokenSource(wait, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, due.Token);
        try
        {
            await _nudges.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            // It is due.
        }
    }

    [LoggerMessage(LogLevel.Warning, "Webhook {Id} given up after {Tries} tries: {Failure}")]
    private partial void LogGivenUp(string id, int tries, string failure);

    [LoggerMessage(LogLevel.Error, "Sending webhooks failed")]
    private partial void LogFailed(Exception error);
}
