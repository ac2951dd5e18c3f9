using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Rouse.Core.Deployments;
using Rouse.Core.Tenancy;

namespace Rouse.Server.Events;

/// <summary>The deployments that somebody watches right now, and the news about them.</summary>
internal sealed partial class EventFeed(ReadEvents read, ILogger<EventFeed> logger)
{
    private readonly ConcurrentDictionary<DeploymentId, Topic> _topics = new();

    /// <summary>Watches until the lease is disposed of.</summary>
    public TopicLease Watch(TenantId tenant, DeploymentId id)
    {
        while (true)
        {
            var topic = _topics.GetOrAdd(id, static (key, state) => new Topic(state.tenant, key, state.read, state.feed.Forget), (tenant, read, feed: this));
            topic.Enter();
            // It may have been forgotten between the two lines; then nobody would tell it the news.
            if (_topics.TryGetValue(id, out var current) && ReferenceEquals(current, topic)) return new TopicLease(topic);
            topic.Leave();
        }
    }

    /// <summary>Tells that events of this deployment were committed. Returns at once.</summary>
    public void Publish(DeploymentId id)
    {
        if (_topics.TryGetValue(id, out var topic)) _ = RefreshAsync(topic);
    }

    /// <summary>Everything that somebody watches, and the newest event shown of it.</summary>
    public IReadOnlyList<(DeploymentId Id, long Shown)> Watched() => [.. _topics.Values.Select(static topic => (topic.Id, topic.Shown))];

    private async Task RefreshAsync(Topic topic)
    {
        try
        {
            await topic.RefreshAsync(CancellationToken.None);
        }
        catch (Exception error)
        {
            // The streams' own heartbeat reads again; nothing is lost, only late.
            LogRefreshFailed(logger, topic.Id, error);
        }
    }

    private void Forget(Topic topic)
    {
        if (topic.IsUnwatched) _topics.TryRemove(new KeyValuePair<DeploymentId, Topic>(topic.Id, topic));
    }

    [LoggerMessage(1, LogLevel.Warning, "Events of {Deployment} could not be read for its streams; they will be at the next event.")]
    private static partial void LogRefreshFailed(ILogger logger, DeploymentId deployment, Exception error);
}

/// <summary>Somebody's interest in a topic.</summary>
internal readonly struct TopicLease(Topic topic) : IDisposable
{
    public Topic Topic { get; } = topic;

    public void Dispose() => Topic.Leave();
}
