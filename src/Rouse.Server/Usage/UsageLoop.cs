using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rouse.Gateway.Usage;
using Rouse.Store.Usage;

namespace Rouse.Server.Usage;

/// <summary>Takes what requests came to out of <see cref="UsageMeter"/>, adds it up and writes it down. Rows that may not have been written are written again; they count once.</summary>
/// <param name="writer">This process, and no other that ever was.</param>
internal sealed partial class UsageLoop(UsageMeter meter, UsageStore store, UsageFigures figures, string writer, TimeProvider time, ILogger<UsageLoop> logger) : BackgroundService
{
    /// <summary>Between two writes: what a killed process loses, and how late figures are.</summary>
    public static readonly TimeSpan Gather = TimeSpan.FromSeconds(5);

    /// <summary>How often the channel is emptied: it holds that much of far more than one process forwards.</summary>
    public static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    /// <summary>Rows kept while the store cannot be written to. Beyond them the channel fills, and what finds no room there is counted.</summary>
    private const int MaxRows = 10_000;

    private readonly UsageFold _fold = new();
    private readonly List<UsageRow> _rows = [];
    private long _number;

    /// <summary>What is still in the channel is written before this returns, unless it takes too long.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            Drain();
            await WriteAsync(cancellationToken);
        }
        catch (Exception error)
        {
            LogLost(_rows.Sum(static row => row.Totals.Requests) + meter.Events.Count, error);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        long? written = null;
        while (!_fold.IsEmpty || _rows.Count > 0 || await meter.Events.WaitToReadAsync(stoppingToken))
        {
            if (_rows.Count < MaxRows) Drain();
            if (written is not { } last || time.GetElapsedTime(last) >= Gather)
            {
                written = time.GetTimestamp();
                try
                {
                    await WriteAsync(stoppingToken);
                }
                catch (Exception error) when (!stoppingToken.IsCancellationRequested)
                {
                    // The rows stay as they are, with their numbers.
                    LogFailed(error);
                }
            }

            await Task.Delay(Look, time, stoppingToken);
        }
    }

    private void Drain()
    {
        while (meter.Events.TryRead(out var one))
        {
            figures.Count(one);
            _fold.Add(one);
        }
    }

    private async ValueTask WriteAsync(CancellationToken ct)
    {
        _rows.AddRange(_fold.Take(ref _number));
        if (_rows.Count == 0) return;
        await store.AddAsync(writer, _rows, ct);
        _rows.Clear();
    }

    [LoggerMessage(LogLevel.Warning, "What requests came to could not be written down; it is tried again")]
    private partial void LogFailed(Exception error);

    [LoggerMessage(LogLevel.Error, "What {Requests} request(s) came to could not be written down before the stop, and is lost")]
    private partial void LogLost(long requests, Exception error);
}
