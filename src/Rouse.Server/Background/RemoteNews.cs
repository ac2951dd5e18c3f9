using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rouse.Server.Events;
using Rouse.Store.Events;

namespace Rouse.Server.Background;

/// <summary>
/// Shows on this replica's streams what other replicas wrote: one small query each time for everything that is watched here. Alone on its database
/// a server needs none of it.
/// </summary>
internal sealed partial class RemoteNews(EventFeed feed, EventStore events, bool isShared, TimeProvider time, ILogger<RemoteNews> logger) : BackgroundService
{
    /// <summary>How late another replica's news may be, beside the query itself.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromMilliseconds(500);

    /// <summary>Deployments asked about at once.</summary>
    private const int PageSize = 500;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (isShared)
        {
            await Task.Delay(Period, time, stoppingToken);
            try
            {
                foreach (var page in feed.Watched().Chunk(PageSize))
                {
                    var latest = await events.LatestOfAsync([.. page.Select(one => one.Id)], stoppingToken);
                    foreach (var (id, shown) in page)
                    {
                        if (latest.GetValueOrDefault(id) > shown) feed.Publish(id);
                    }
                }
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(error);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "What other replicas wrote could not be looked up; it is tried again")]
    private partial void LogFailed(Exception error);
}
