using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rouse.Core.Deployments;
using Rouse.Core.Jobs;
using Rouse.Gateway.Jobs;
using Rouse.Store.Jobs;

namespace Rouse.Server.Spool;

/// <summary>Removes what a job sent when it has ended for good, all its files when its row goes, and at the start and every hour those that nobody needs: a crash came between, or another replica removed the row.</summary>
internal sealed partial class SpoolSweep(SpoolFolder spool, ServiceJobStore store, JobPlane plane, TimeProvider time, ILogger<SpoolSweep> logger) : BackgroundService
{
    /// <summary>Orphans do no harm, they only take room.</summary>
    private static readonly TimeSpan s_period = TimeSpan.FromHours(1);

    /// <summary>Files asked for in one query.</summary>
    private const int Batch = 200;

    /// <returns>How many were removed.</returns>
    public async Task<int> SweepAsync(CancellationToken ct)
    {
        var removed = 0;
        foreach (var files in spool.ListBefore(time.GetUtcNow() - SpoolFolder.OrphanAge).Chunk(Batch))
        {
            var needed = await store.InUseAsync(files, ct);
            foreach (var orphan in files.Where(file => !needed.Contains(file)))
            {
                spool.Remove(orphan);
                removed++;
            }
        }

        if (removed > 0) LogSwept(removed);
        return removed;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        plane.Removed += Forget;
        plane.Settled += ForgetRequest;
        try
        {
            while (true)
            {
                try
                {
                    await SweepAsync(stoppingToken);
                }
                catch (Exception error) when (!stoppingToken.IsCancellationRequested)
                {
                    LogFailed(error);
                }

                await Task.Delay(s_period, time, stoppingToken);
            }
        }
        finally
        {
            plane.Removed -= Forget;
            plane.Settled -= ForgetRequest;
        }
    }

    private void Forget(DeploymentId deployment, JobId job)
    {
        ForgetRequest(deployment, job);
        spool.Remove(SpoolFolder.ReplyOf(deployment, job));
    }

    private void ForgetRequest(DeploymentId deployment, JobId job) => spool.Remove(SpoolFolder.RequestOf(deployment, job));

    [LoggerMessage(LogLevel.Information, "{Files} file(s) of the spool belonged to no job any more and were removed")]
    private partial void LogSwept(int files);

    [LoggerMessage(LogLevel.Warning, "The spool could not be swept; it is tried again in an hour")]
    private partial void LogFailed(Exception error);
}
