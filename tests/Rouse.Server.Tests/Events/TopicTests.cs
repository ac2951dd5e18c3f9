using Rouse.Core.Deployments;
using Rouse.Core.Tenancy;
using Rouse.Server.Events;

namespace Rouse.Server.Tests.Events;

public sealed class TopicTests
{
    private static readonly TenantId s_tenant = TenantId.Parse("t");
    private static readonly DeploymentId s_id = DeploymentId.FromRandom("0123456789abcdef"u8);
    private readonly List<FeedEvent> _store = [];
    private readonly Topic _topic;
    private int _reads;
    private Action? _afterRead;

    public TopicTests() => _topic = new Topic(s_tenant, s_id, ReadAsync, _ => { });

    [Fact]
    public async Task Read_FromTheStart_GivesAllOfALongHistoryInOrder()
    {
        for (var i = 0; i < 450; i++) Append();
        Assert.Equal(Enumerable.Range(1, 450).Select(i => (long)i), await ReadToTheEndAsync(0));
    }

    [Fact]
    public async Task Read_WithManyWatchers_ReadsTheStoreOncePerEvent()
    {
        Append();
        await ReadToTheEndAsync(0);
        var before = _reads;
        var waiting = await _topic.ReadAsync(1, default);
        Append();
        await _topic.RefreshAsync(default);
        await waiting.More;
        for (var watcher = 0; watcher < 100; watcher++) Assert.Equal(2, Assert.Single((await _topic.ReadAsync(1, default)).Events).Sequence);
        Assert.Equal(1, _reads - before);
    }

    [Fact]
    public async Task Read_WhenAnEventComesWhileTheTopicOpens_DoesNotMissIt()
    {
        Append();
        _afterRead = () =>
        {
            _afterRead = null;
            Append();
            Assert.True(_topic.RefreshAsync(default).IsCompletedSuccessfully);
        };
        Assert.Equal([1, 2], await ReadToTheEndAsync(0));
    }

    [Fact]
    public async Task Read_BehindTheTail_GoesBackToTheStore()
    {
        Append();
        await ReadToTheEndAsync(0);
        for (var i = 0; i < Topic.MaxTail + 50; i++)
        {
            Append();
            await _topic.RefreshAsync(default);
        }

        Assert.Equal(Topic.MaxTail + 51, (await ReadToTheEndAsync(0)).Count);
        Assert.Equal(Topic.MaxTail + 50, (await ReadToTheEndAsync(1)).Count);
        Assert.Equal(3, (await ReadToTheEndAsync(Topic.MaxTail + 48)).Count);
    }

    private async Task<List<long>> ReadToTheEndAsync(long position)
    {
        List<long> seen = [];
        while (true)
        {
            var batch = await _topic.ReadAsync(position, default);
            if (batch.Events.IsEmpty && !batch.More.IsCompleted) return seen;
            seen.AddRange(batch.Events.Select(one => one.Sequence));
            position = seen.Count > 0 ? seen[^1] : position;
        }
    }

    private void Append() => _store.Add(new FeedEvent(_store.Count + 1, "log", null, []));

    private ValueTask<IReadOnlyList<FeedEvent>> ReadAsync(TenantId tenant, DeploymentId id, long after, int limit, CancellationToken ct)
    {
        _reads++;
        IReadOnlyList<FeedEvent> page = [.. _store.Where(one => one.Sequence > after).Take(limit)];
        _afterRead?.Invoke();
        return ValueTask.FromResult(page);
    }
}
