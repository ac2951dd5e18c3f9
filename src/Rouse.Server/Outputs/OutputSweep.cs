using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rouse.Server.Caching.S3;
using Rouse.Server.Spool;
using Rouse.Store.Outputs;

namespace Rouse.Server.Outputs;

/// <summary>Removes outputs whose time is over, and files of which no row knows: a crash came between.</summary>
internal sealed partial class OutputSweep(JobOutputStore rows, OutputPlaces places, OutputLimits limits, TimeProvider time, ILogger<OutputSweep> logger) : BackgroundService
{
    /// <summary>Rows, or files, in one query.</summary>
    private const int Batch = 200;

    /// <returns>How many were removed.</returns>
    public async Task<int> SweepAsync(CancellationToken ct)
    {
        var removed = 0;
        while (await rows.TakeEndedAsync(Batch, ct) is { Count: > 0 } ended)
        {
            var before = removed;
            foreach (var output in ended)
            {
                try
                {
                    await places.RemoveAsync(output, ct);
                    await rows.ForgetAsync(output.Deployment, output.Name, ct);
                    removed++;
                }
                catch (S3Fault fault)
                {
                    // It stays noted as being removed and is met again; the others need not wait for it.
                    LogFailed(fault);
                }
            }

            if (removed == before) break;
        }

        if (places.Folder is { } folder)
        {
            foreach (var files in folder.ListBefore(time.GetUtcNow() - SpoolFolder.OrphanAge).Chunk(Batch))
            {
                var known = await rows.InUseAsync(files, ct);
                foreach (var orphan in files.Where(file => !known.Contains(file)))
                {
                    folder.Remove(orphan);
                    removed++;
                }
            }
        }

        if (removed > 0) LogSwept(removed);
        return removed;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
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

            await Task.Delay(limits.Sweep, time, stoppingToken);
        }
    }

    [LoggerMessage(LogLevel.Information, "{Outputs} output(s) of jobs were removed: their time was over, or nobody knew them")]
    private partial void LogSwept(int outputs);

    [LoggerMessage(LogLevel.Warning, "The outputs of jobs could not be swept; it is tried again")]
    private partial void LogFailed(Exception error);
}
