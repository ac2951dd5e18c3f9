using Rouse.Core.Deployments;
using Rouse.Core.Jobs;
using Rouse.Gateway.Jobs;

namespace Rouse.Gateway.Tests.Jobs;

public sealed class JobWatchesTests
{
    private readonly JobWatches _watches = new();
    private readonly DeploymentId _deployment = DeploymentId.FromRandom(new byte[16]);
    private readonly JobId _job = JobId.Parse("j");

    [Fact]
    public void Fire_ReachesEveryWatchOfTheJobAndNoOther()
    {
        using var first = _watches.Open(_deployment, _job);
        using var second = _watches.Open(_deployment, _job);
        using var other = _watches.Open(_deployment, JobId.Parse("k"));
        Task[] news = [first.Next, second.Next, other.Next];

        _watches.Fire(_deployment, _job);

        Assert.Equal([true, true, false], news.Select(task => task.IsCompleted));
    }

    [Fact]
    public void Watch_StaysWhileAnotherOfTheSameJobCloses()
    {
        using var stays = _watches.Open(_deployment, _job);
        _watches.Open(_deployment, _job).Dispose();
        var news = stays.Next;

        _watches.Fire(_deployment, _job);

        Assert.True(news.IsCompleted);
    }
}
