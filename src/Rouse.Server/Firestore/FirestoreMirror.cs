using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rouse.Core.Deployments;
using Rouse.Store.Deployments;
using Rouse.Store.Events;
using Rouse.Store.Ownership;

namespace Rouse.Server.Firestore;

/// <summary>
/// Copies what the outbox tells into Firestore, at least once, by one replica at a time. It follows behind and holds nothing up: while Firestore does
/// not answer, deployments go on and the mirror catches up later.
/// </summary>
/// <param name="owner">Of this replica.</param>
internal sealed partial class FirestoreMirror(
    MirrorStore mirror, EventStore events, DeploymentStore deployments, FirestoreDocuments documents, FirestoreClient client, LeaseStore leases, string owner,
    TimeProvider time, ILogger<FirestoreMirror> logger) : BackgroundService
{
    private const string LeaseName = "firestore-mirror";

    /// <summary>Deployments looked at in one round, so that a stop is never far away.</summary>
    private const int MaxDeployments = 100;

    /// <summary>One document of the deployment besides, this fits into one commit.</summary>
    private const int MaxEvents = FirestoreClient.MaxWrites - 1;

    /// <summary>Longer than a round with every call at its timeout may not last before another replica takes over.</summary>
    private static readonly TimeSpan s_lease = TimeSpan.FromMinutes(2);

    /// <summary>How soon news of another replica is noticed.</summary>
    private static readonly TimeSpan s_poll = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan s_firstPause = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan s_longestPause = TimeSpan.FromMinutes(5);

    private readonly Channel<bool> _nudges = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>There is news. Returns at once.</summary>
    public void Nudge() => _nudges.Writer.TryWrite(item: true);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            var pause = s_firstPause;
            while (true)
            {
                var isWell = await TryRoundAsync(stoppingToken);
                pause = isWell ? s_firstPause : TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, s_longestPause.Ticks));
                if (isWell) await NewsAsync(stoppingToken);
                else await Task.Delay(pause, time, stoppingToken);
            }
        }
        finally
        {
            await leases.ReleaseAsync(LeaseName, owner, CancellationToken.None);
        }
    }

    /// <returns>False when Firestore should be left alone for a while.</returns>
    private async Task<bool> TryRoundAsync(CancellationToken ct)
    {
        try
        {
            while (await leases.TryAcquireAsync(LeaseName, owner, s_lease, ct) is not null)
            {
                var behind = await mirror.BehindAsync(MaxDeployments, ct);
                foreach (var lag in behind)
                {
                    if (!await CopyAsync(lag, ct)) return false;
                }

                if (behind.Count < MaxDeployments) return true;
            }

            return true;
        }
        catch (Exception error) when (error is not OperationCanceledException || !ct.IsCancellationRequested)
        {
            LogFailed(error);
            return false;
        }
    }

    /// <summary>The row is read after its events, so the document is at least as new as they are.</summary>
    private async Task<bool> CopyAsync(MirrorLag lag, CancellationToken ct)
    {
        var news = await events.ReadAfterAsync(lag.Tenant, lag.Id, lag.Mirrored, MaxEvents, ct);
        if (news.Count == 0 || await deployments.LoadAsync(lag.Tenant, lag.Id, ct) is not { } row) return true;
        List<DocumentWrite> writes = [documents.Deployment(row)];
        foreach (var line in news)
        {
            if (line.News is LogEntry entry) writes.Add(documents.Log(lag.Id, line.Seq, entry));
        }

        var outcome = await client.CommitAsync(writes, ct);
        if (outcome.Kind == CommitKind.Refused)
        {
            // Asking again would be refused again, and would hold up all others.
            LogSkipped(lag.Id, writes.Count, outcome.Why);
        }
        else if (outcome.Kind != CommitKind.Done)
        {
            LogPutOff(outcome.Why);
            return false;
        }

        await mirror.MarkAsync(lag.Id, news[^1].Seq, ct);
        return true;
    }

    private async Task NewsAsync(CancellationToken ct)
    {
        using var due = new CancellationTokenSource(s_poll, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, due.Token);
        try
        {
            await _nudges.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            // It is time to look anyway.
        }
    }

    [LoggerMessage(LogLevel.Warning, "The Firestore mirror waits: {Why}. Deployments go on; it catches up by itself")]
    private partial void LogPutOff(string why);

    [LoggerMessage(LogLevel.Error, "Firestore refused {Count} documents of {Deployment}, which stay out of the mirror: {Why}")]
    private partial void LogSkipped(DeploymentId deployment, int count, string why);

    [LoggerMessage(LogLevel.Error, "The Firestore mirror failed and tries again")]
    private partial void LogFailed(Exception error);
}
