using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rouse.Gateway.Usage;
using Rouse.Store.Usage;

namespace Rouse.Server.Usage;

/// <summary>Takes what requests came to out of <see cref="UsageMeter"/> and writes it down, many at a time. A batch that may not have been written is written again; it counts once.</summary>
/// <param name="writer">This process, and no other that ever was.</param>
internal sealed partial class UsageLoop(UsageMeter meter, UsageStore store, UsageFigures figures, string writer, TimeProvider time, ILogger<UsageLoop> logger) : BackgroundService
{
    /// <summary>Requests written at once: one statement of some 100 kB.</summary>
    public const int MaxBatch = 1_000;

    /// <summary>How long the first of a batch waits for others.</summary>
    public static readonly TimeSpan Gather = TimeSpan.FromSeconds(1);

    private readonly List<UsageRow> _batch = new(MaxBatch);
    private long _number;

    /// <summary>What is still in the channel is written before this returns, unless it takes too long.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            while (Fill()) await WriteAsync(cancellationToken);
        }
        catch (Exception error)
        {
            LogLost(_batch.Count + meter.Events.Count, error);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (_batch.Count > 0 || await meter.Events.WaitToReadAsync(stoppingToken))
        {
            try
            {
                if (meter.Events.Count < MaxBatch) await Task.Delay(Gather, time, stoppingToken);
                if (Fill()) await WriteAsync(stoppingToken);
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                // The batch stays as it is, with its numbers.
                LogFailed(error);
            }
        }
    }

    /// <summary>Adds to what is still to be written.</summary>
    private bool Fill()
    {
        while (_batch.Count < MaxBatch && meter.Events.TryRead(out var one))
        {
            _batch.Add(new UsageRow(
                ++_number, one.Tenant, one.Deployment, one.Kind == RequestKind.Queued, one.At, one.Waited, one.Lasted, one.Status, one.BytesIn, one.BytesOut, one.ColdStart));
        }

        return _batch.Count > 0;
    }

    private async ValueTask WriteAsync(CancellationToken ct)
    {
        await store.AddAsync(writer, _batch, ct);
        figures.Count(_batch);
        _batch.Clear();
    }

    [LoggerMessage(LogLevel.Warning, "What requests came to could not be written down; it is tried again")]
    private partial void LogFailed(Exception error);

    [LoggerMessage(LogLevel.Error, "What {Requests} request(s) came to could not be written down before the stop, and is lost")]
    private partial void LogLost(int requests, Exception error);
}
