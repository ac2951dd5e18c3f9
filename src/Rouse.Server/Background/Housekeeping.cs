using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rouse.Store;
using Rouse.Store.Events;
using Rouse.Store.Idempotency;
using Rouse.Store.Usage;
using Rouse.Store.Webhooks;

namespace Rouse.Server.Background;

/// <summary>Forgets what has expired: idempotency records after a day, inbox entries after a week, webhooks after a week or a month, log lines after theirs, usage after 35 days.</summary>
internal sealed partial class Housekeeping(IdempotencyStore keys, Inbox inbox, DeliveryLog deliveries, LogStore logs, UsageStore usage, TimeProvider time, ILogger<Housekeeping> logger) : BackgroundService
{
    /// <summary>Expired rows do no harm, they only take room.</summary>
    private static readonly TimeSpan s_period = TimeSpan.FromMinutes(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            await Task.Delay(s_period, time, stoppingToken);
            try
            {
                await keys.PruneAsync(stoppingToken);
                await inbox.PruneAsync(stoppingToken);
                while (await deliveries.PruneAsync(stoppingToken) >= DeliveryLog.Batch) { }
                await logs.PruneAsync(stoppingToken);
                while (await usage.PruneAsync(stoppingToken) >= UsageStore.PruneBatch) { }
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(error);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Expired rows could not be removed; they are tried again")]
    private partial void LogFailed(Exception error);
}
