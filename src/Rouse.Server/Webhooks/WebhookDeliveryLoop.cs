using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rouse.Core.Webhooks;
using Rouse.Server.Metrics;
using Rouse.Store.Webhooks;

namespace Rouse.Server.Webhooks;

/// <summary>
/// Sends the webhooks that lie in the store. A delivery is claimed, sent, and then settled as <see cref="DeliveryRules"/> says; after a crash in between it
/// is sent again, under the same id.
/// </summary>
/// <param name="chance">0 to 1; spreads what failed together.</param>
internal sealed partial class WebhookDeliveryLoop(
    DeliveryQueue queue, WebhookSender sender, ServerFigures figures, Func<double> chance, TimeProvider time, ILogger<WebhookDeliveryLoop> logger) : BackgroundService
{
    /// <summary>Tries at once to endpoints that are well. They last as long as a receiver takes to answer.</summary>
    private const int MaxHealthy = 256;

    /// <summary>Tries at once to endpoints whose last try failed. They have places of their own, because each may last <see cref="DeliveryRules.Timeout"/>.</summary>
    private const int MaxFailing = 64;

    /// <summary>How soon what another replica queued is noticed.</summary>
    private static readonly TimeSpan s_safetyPoll = TimeSpan.FromSeconds(5);

    /// <summary>When something is due and another replica holds its row.</summary>
    private static readonly TimeSpan s_soon = TimeSpan.FromMilliseconds(20);

    /// <summary>Before the store is asked again.</summary>
    private static readonly TimeSpan s_afterFault = TimeSpan.FromSeconds(1);

    private readonly Channel<bool> _nudges = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Lock _nudging = new();
    private readonly TaskCompletionSource _allEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _healthy;
    private int _failing;
    private int _sending;
    private int _isOver;
    private long _nudgeCount;
    private long _lookedAt;
    private long _restsSince = -1;

    /// <summary>
    /// For tests with a clock of their own: the number of the nudge that it has looked after, while it waits for time or a nudge and neither has come;
    /// null while it works. The same number twice tells that it did nothing in between. Tries may be in the air.
    /// </summary>
    internal long? RestsSince => Volatile.Read(ref _restsSince) is var rest && rest == Volatile.Read(ref _nudgeCount) ? rest : null;

    /// <summary>Tries in the air, until what came of them is written down.</summary>
    internal int Sending => Volatile.Read(ref _sending);

    /// <summary>Something was queued. Returns at once.</summary>
    public void Nudge()
    {
        // As one, so that a nudge that is counted as looked after never lies in the channel still.
        lock (_nudging)
        {
            Volatile.Write(ref _nudgeCount, _nudgeCount + 1);
            _nudges.Writer.TryWrite(item: true);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var isReleased = false;
        while (!stoppingToken.IsCancellationRequested)
        {
            var next = s_safetyPoll;
            TakeNudges();
            try
            {
                if (!isReleased) await queue.ReleaseAsync(stoppingToken);
                isReleased = true;
                next = await SendDueAsync(stoppingToken);
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(error);
                next = s_afterFault;
            }
            catch (Exception)
            {
                // The stop cut a call to the store, which each engine tells in its own way.
                break;
            }

            await WaitAsync(next, stoppingToken);
        }

        // What is in the air is cut; what has its answer is still written down.
        Interlocked.Exchange(ref _isOver, 1);
        if (Sending > 0) await _allEnded.Task;
    }

    /// <returns>How long there is nothing to do.</returns>
    private async ValueTask<TimeSpan> SendDueAsync(CancellationToken ct)
    {
        for (var emptyHanded = 0; ; emptyHanded++)
        {
            var (healthy, failing) = (MaxHealthy - Volatile.Read(ref _healthy), MaxFailing - Volatile.Read(ref _failing));
            if (healthy <= 0 && failing <= 0) return s_safetyPoll;
            var claimed = await queue.ClaimAsync(healthy, failing, ct);
            if (claimed.Count > 0)
            {
                Interlocked.Add(ref _sending, claimed.Count);
                foreach (var delivery in claimed) Interlocked.Increment(ref Places(delivery));
                foreach (var delivery in claimed) _ = SendAsync(delivery, ct);
                emptyHanded = -1;
                continue;
            }

            var next = await queue.NextAsync(ct);
            var due = Earliest(healthy > 0 ? next.Healthy : null, failing > 0 ? next.Failing : null) - time.GetUtcNow();
            if (due > TimeSpan.Zero) return due < s_safetyPoll ? due.Value : s_safetyPoll;
            if (due is null) return s_safetyPoll;
            // Due meanwhile; or due and not to be had, because another replica holds the row.
            if (emptyHanded > 0) return s_soon;
        }
    }

    private async Task SendAsync(Delivery delivery, CancellationToken ct)
    {
        try
        {
            var result = await sender.SendAsync(delivery, ct);
            var verdict = DeliveryRules.Judge(delivery.Policy, delivery.Tries, result, time.GetUtcNow(), chance());
            // Not the loop's token: what was answered is written down even when the server is about to stop.
            await queue.SettleAsync(delivery, verdict, result.Status, CancellationToken.None);
            if (verdict.End == DeliveryEnd.Dead) GivenUp(delivery, verdict, result.Status);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // The next start sends it.
        }
        catch (Exception error)
        {
            LogFailed(error);
        }
        finally
        {
            Interlocked.Decrement(ref Places(delivery));
            Nudge();
            if (Interlocked.Decrement(ref _sending) == 0 && Volatile.Read(ref _isOver) == 1) _allEnded.TrySetResult();
        }
    }

    private void GivenUp(Delivery delivery, Verdict verdict, int? status)
    {
        figures.CountWebhookFailure();
        if (verdict.Disable) LogDisabled(delivery.Endpoint);
        else LogGivenUp(delivery.Message, delivery.Endpoint, delivery.Tries, verdict.Failure, status);
    }

    private ref int Places(Delivery delivery) => ref delivery.IsFailing ? ref _failing : ref _healthy;

    private static DateTimeOffset? Earliest(DateTimeOffset? a, DateTimeOffset? b) => a is null || b < a ? b : a;

    /// <summary>From here on a nudge is news.</summary>
    private void TakeNudges()
    {
        lock (_nudging)
        {
            _nudges.Reader.TryRead(out _);
            _lookedAt = _nudgeCount;
        }
    }

    /// <summary>For so long, or until a nudge.</summary>
    private async ValueTask WaitAsync(TimeSpan wait, CancellationToken ct)
    {
        await using var due = time.CreateTimer(static self => ((WebhookDeliveryLoop)self!).Nudge(), this, wait, Timeout.InfiniteTimeSpan);
        Volatile.Write(ref _restsSince, _lookedAt);
        try
        {
            await _nudges.Reader.WaitToReadAsync(ct);
        }
        catch (OperationCanceledException)
        {
            // The loop is to end.
        }
    }

    [LoggerMessage(LogLevel.Warning, "Webhook {Message} to {Endpoint} given up after {Tries} tries: {Failure}, status {Status}")]
    private partial void LogGivenUp(string message, string endpoint, int tries, TryFailure failure, int? status);

    [LoggerMessage(LogLevel.Warning, "Webhook endpoint {Endpoint} answered 410 and is disabled until its owner enables it")]
    private partial void LogDisabled(string endpoint);

    [LoggerMessage(LogLevel.Error, "Sending webhooks failed")]
    private partial void LogFailed(Exception error);
}
