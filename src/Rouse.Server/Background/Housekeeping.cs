using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rouse.Store;
using Rouse.Store.Idempotency;

namespace Rouse.Server.Background;

/// <summary>Forgets what has expired: idempotency records after a day, inbox entries after a week.</summary>
internal sealed partial class Housekeeping(IdempotencyStore keys, Inbox inbox, TimeProvider time, ILogger<Housekeeping> logger) : BackgroundService
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
