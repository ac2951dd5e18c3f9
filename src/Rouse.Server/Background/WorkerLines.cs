using System.Globalization;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rouse.Contracts.Secrecy;
using Rouse.Core.Deployments;
using Rouse.Server.Auth;
using Rouse.Server.Events;
using Rouse.Server.Secrets;
using Rouse.Store.Events;

namespace Rouse.Server.Background;

/// <summary>Carries the lines that local workers print into their deployments' logs, many in one write.</summary>
internal sealed partial class WorkerLines(LogStore logs, DeploymentDirectory directory, DeploymentMasks masks, TimeProvider time, ILogger<WorkerLines> logger) : BackgroundService
{
    /// <summary>Lines that may wait. A worker that prints faster than the disk writes loses its oldest ones, and the log says how many.</summary>
    public const int MaxWaiting = 10_000;

    /// <summary>Lines written at once.</summary>
    public const int MaxBatch = 200;

    private readonly Channel<(DeploymentId Deployment, string Line)> _lines = Channel.CreateBounded<(DeploymentId, string)>(
        new BoundedChannelOptions(MaxWaiting) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    /// <summary>Never waits.</summary>
    public void Add(DeploymentId deployment, string line) => _lines.Writer.TryWrite((deployment, line));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        List<(DeploymentId Deployment, string Line)> batch = [];
        while (await _lines.Reader.WaitToReadAsync(stoppingToken))
        {
            batch.Clear();
            while (batch.Count < MaxBatch && _lines.Reader.TryRead(out var one)) batch.Add(one);
            foreach (var group in batch.GroupBy(one => one.Deployment))
            {
                try
                {
                    if (await directory.FindAsync(group.Key, stoppingToken) is not { } located) continue;
                    var mask = await masks.ForAsync(located.Tenant, group.Key, stoppingToken);
                    await logs.AppendAsync(located.Tenant, group.Key, [.. group.Select(one => Parse(LogText.OneLine(mask.Apply(one.Line))))], stoppingToken);
                }
                catch (Exception error) when (!stoppingToken.IsCancellationRequested)
                {
                    LogLinesLost(group.Count(), group.Key, error);
                }
            }
        }
    }

    /// <summary>Our workers print <c>timestamp LEVEL message</c>; another program's line is a message as it is.</summary>
    internal LogEntry Parse(string line)
    {
        var parts = line.Split(' ', 3);
        return parts.Length == 3 && DateTimeOffset.TryParse(parts[0], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
                && parts[1] is "DEBUG" or "INFO" or "WARNING" or "ERROR"
            ? new LogEntry(at, LogLevels.Normalize(parts[1]), parts[2])
            : new LogEntry(time.GetUtcNow(), LogLevels.Info, line);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} log lines of {Deployment} could not be kept")]
    private partial void LogLinesLost(int count, DeploymentId deployment, Exception error);
}
