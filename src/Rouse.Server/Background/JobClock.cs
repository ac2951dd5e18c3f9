using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rouse.Gateway.Jobs;

namespace Rouse.Server.Background;

/// <summary>Drives the job plane's clock: lost leases, timeouts, times to live, results past their keeping.</summary>
internal sealed partial class JobClock(JobPlane plane, TimeProvider time, ILogger<JobClock> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            await Task.Delay(plane.Limits.SafetyPoll, time, stoppingToken);
            try
            {
                await plane.TickAsync(stoppingToken);
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                LogFailed(error);
            }
        }
    }

    [LoggerMessage(LogLevel.Error, "The jobs' clock missed a tick")]
    private partial void LogFailed(Exception error);
}
