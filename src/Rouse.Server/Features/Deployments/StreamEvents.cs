using System.Text.Json;
using Rouse.Contracts;
using Rouse.Contracts.Deployments;
using Rouse.Core.Deployments;
using Rouse.Core.Tenancy;
using Rouse.Server.Events;
using Rouse.Server.Http;
using Rouse.Store.Deployments;
using Rouse.Store.Events;

namespace Rouse.Server.Features.Deployments;

/// <summary>From the outbox to frames: each event is encoded here once, for all streams that will send it.</summary>
internal sealed class StreamEvents(EventStore events, DeploymentStore store, DeploymentReader reader, DeploymentViews views)
{
    public async ValueTask<IReadOnlyList<FeedEvent>> ReadAsync(TenantId tenant, DeploymentId id, long after, int limit, CancellationToken ct)
    {
        var page = await events.ReadAfterAsync(tenant, id, after, limit, ct);
        if (page.Count == 0) return [];
        StartEstimate? estimate = null;
        if (page.Any(one => one.News is PhaseChange { Phase: < Phase.Ready }) && await store.LoadAsync(tenant, id, ct) is { } row)
        {
            estimate = await reader.EstimateAsync(row.Spec, ct);
            return [.. page.Select(one => Encode(id, one, estimate.Remaining(one.At - row.CreatedAt)))];
        }

        return [.. page.Select(one => Encode(id, one, remaining: 0))];
    }

    private FeedEvent Encode(DeploymentId id, DeploymentEvent one, int remaining) => one.News switch
    {
        PhaseChange change => new FeedEvent(one.Seq, "status", change.Phase, Sse.Frame(one.Seq, "status", JsonSerializer.SerializeToUtf8Bytes(
            new StatusEvent
            {
                DeploymentId = id.Value,
                Status = change.Phase.Word(),
                EndpointUrl = views.EndpointUrl(id, change.Phase),
                Error = change.Cause?.Message,
                ErrorCode = change.Cause?.Code,
                ColdStart = DeploymentViews.View(change.ColdStart),
                EstimatedRemainingSeconds = change.Phase.IsStarting() ? remaining : 0,
                Timestamp = one.At,
            },
            RouseJson.Default.StatusEvent))),
        LogEntry line => new FeedEvent(one.Seq, "log", null, Sse.Frame(one.Seq, "log", JsonSerializer.SerializeToUtf8Bytes(
            new LogEvent(id.Value, line.Timestamp, LogLevels.Normalize(line.Level), line.Message), RouseJson.Default.LogEvent))),
        ProgressEntry progress => new FeedEvent(one.Seq, "progress", null, Sse.Frame(one.Seq, "progress", JsonSerializer.SerializeToUtf8Bytes(
            new ProgressEvent(id.Value, one.At, progress.Stage, progress.Done, progress.Total, progress.Unit), RouseJson.Default.ProgressEvent))),
        _ => throw new InvalidOperationException($"No stream knows {one.News.GetType().Name}."),
    };
}
