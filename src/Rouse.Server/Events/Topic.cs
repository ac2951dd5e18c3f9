using System.Collections.Immutable;
using Rouse.Core.Deployments;
using Rouse.Core.Tenancy;

namespace Rouse.Server.Events;

/// <summary>One event as it goes over the wire: encoded once, sent to every stream that watches.</summary>
/// <param name="Kind"><c>status</c>, <c>log</c> or <c>progress</c>.</param>
/// <param name="Phase">The phase a status event tells of; null for the other kinds.</param>
internal sealed record FeedEvent(long Sequence, string Kind, Phase? Phase, byte[] Frame);

/// <summary>The events after a position, and a task that completes when there are more.</summary>
internal readonly record struct FeedBatch(ImmutableArray<FeedEvent> Events, Task More);

internal delegate ValueTask<IReadOnlyList<FeedEvent>> ReadEvents(TenantId tenant, DeploymentId id, long after, int limit, CancellationToken ct);

/// <summary>
/// The watched tail of one deployment's events. News is read from the store once, by whoever is told of it first, and shared: ten thousand
/// idle streams cost one read per event, not ten thousand.
/// </summary>
internal sealed class Topic(TenantId tenant, DeploymentId id, ReadEvents read, Action<Topic> unwatched)
{
    /// <summary>Events kept in memory per watched deployment; a stream that is further behind reads the store.</summary>
    public const int MaxTail = 128;

    /// <summary>Events read from the store at once.</summary>
    public const int PageSize = 200;

    private readonly SemaphoreSlim _refreshing = new(1);
    private Tail _tail = new(Floor: long.MaxValue, [], NewSignal());
    private int _watchers;
    private bool _opened;

    public DeploymentId Id => id;

    /// <summary>The newest event in the tail; the greatest number there is before anything was read.</summary>
    public long Shown => Volatile.Read(ref _tail).Last;

    public void Enter() => Interlocked.Increment(ref _watchers);

    public void Leave()
    {
        if (Interlocked.Decrement(ref _watchers) == 0) unwatched(this);
    }

    public bool IsUnwatched => Volatile.Read(ref _watchers) == 0;

    /// <param name="after">A sequence of this deployment's events or 0; never more than the newest, or the tail would begin in the future.</param>
    public async ValueTask<FeedBatch> ReadAsync(long after, CancellationToken ct)
    {
        var tail = Volatile.Read(ref _tail);
        if (after >= tail.Floor) return new FeedBatch(tail.After(after), tail.More.Task);
        var events = await read(tenant, id, after, PageSize, ct);
        // The signal was taken before the read: what arrives in between completes it, so nothing is missed.
        if (events.Count == PageSize) return new FeedBatch([.. events], Task.CompletedTask);
        await OpenAsync(events.Count > 0 ? events[^1].Sequence : after, ct);
        return new FeedBatch([.. events], tail.Floor == long.MaxValue ? Task.CompletedTask : tail.More.Task);
    }

    /// <summary>Reads what was appended and wakes the streams. Called after each append to this deployment.</summary>
    public async ValueTask RefreshAsync(CancellationToken ct)
    {
        await _refreshing.WaitAsync(ct);
        try
        {
            while (_opened)
            {
                var tail = _tail;
                var news = await read(tenant, id, tail.Last, PageSize, ct);
                if (news.Count == 0) return;
                Volatile.Write(ref _tail, tail.With(news));
                tail.More.TrySetResult();
                if (news.Count < PageSize) return;
            }
        }
        finally
        {
            _refreshing.Release();
        }
    }

    private async ValueTask OpenAsync(long position, CancellationToken ct)
    {
        await _refreshing.WaitAsync(ct);
        try
        {
            if (_opened) return;
            _opened = true;
            Volatile.Write(ref _tail, new Tail(position, [], NewSignal()));
        }
        finally
        {
            _refreshing.Release();
        }

        // What was appended between the caller's read and the opening was told to a topic that was not listening yet.
        await RefreshAsync(ct);
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="Floor">Every event after this one is in <paramref name="Events"/>.</param>
    private sealed record Tail(long Floor, ImmutableArray<FeedEvent> Events, TaskCompletionSource More)
    {
        public long Last => Events.IsEmpty ? Floor : Events[^1].Sequence;

        public ImmutableArray<FeedEvent> After(long position)
        {
            if (position >= Last) return [];
            var first = Events.Length;
            while (first > 0 && Events[first - 1].Sequence > position) first--;
            return Events[first..];
        }

        public Tail With(IReadOnlyList<FeedEvent> news)
        {
            var all = Events.AddRange(news);
            if (all.Length <= MaxTail) return new Tail(Floor, all, NewSignal());
            var cut = all.Length - MaxTail;
            return new Tail(all[cut - 1].Sequence, all[cut..], NewSignal());
        }
    }
}
