using Rouse.Core.Jobs;
using Rouse.Gateway.Jobs;

namespace Rouse.Gateway.Tests.Jobs;

public sealed class WorkerBookTests
{
    private static readonly DateTimeOffset s_now = DateTimeOffset.UnixEpoch;

    [Fact]
    public void See_BeyondTheBound_ForgetsWhoWasSilentLongest()
    {
        var book = new WorkerBook(new JobLimits { MaxWorkers = 2 });
        book.See("a", s_now, note: null, out var a);
        book.See("b", s_now.AddSeconds(1), note: null, out _);
        book.See("a", s_now.AddSeconds(2), note: null, out _);

        Assert.True(book.See("c", s_now.AddSeconds(3), note: null, out _));

        Assert.Equal(["a", "c"], book.Sightings().Keys.Order(StringComparer.Ordinal));
        Assert.False(a.Closed.IsCancellationRequested);
    }

    [Fact]
    public void RemoveSilent_ClosesTheirPolls()
    {
        var book = new WorkerBook(new JobLimits());
        book.See("a", s_now, note: null, out var a);
        book.See("b", s_now.AddSeconds(10), note: null, out _);

        Assert.True(book.RemoveSilent(s_now.AddSeconds(5)));

        Assert.Equal(["b"], book.Sightings().Keys);
        Assert.True(a.Closed.IsCancellationRequested);
    }

    [Fact]
    public void Stops_AreToldOnceAndBounded()
    {
        var entry = new WorkerEntry(maxStops: 2);
        var news = entry.StopNews.Next;
        entry.Stop([JobId.Parse("1"), JobId.Parse("1"), JobId.Parse("2"), JobId.Parse("3")]);
        entry.DoNotStop([JobId.Parse("2")]);

        Assert.True(news.IsCompleted);
        Assert.Equal([JobId.Parse("1")], entry.TakeStops());
        Assert.Empty(entry.TakeStops());
    }
}
