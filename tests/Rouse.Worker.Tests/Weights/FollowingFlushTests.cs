using Rouse.Worker.Tests.Support;
using Rouse.Worker.Weights;

namespace Rouse.Worker.Tests.Weights;

public sealed class FollowingFlushTests
{
    [Fact]
    public async Task Add_FlushesWhenAStepIsFull_OneAtATime_AndTheEndFlushesTheRest()
    {
        using var turn = new SemaphoreSlim(0);
        var (begun, atOnce, most) = (0, 0, 0);
        var flush = new FollowingFlush(
            () =>
            {
                most = Math.Max(most, Interlocked.Increment(ref atOnce));
                Interlocked.Increment(ref begun);
                Assert.True(turn.Wait(Deadline.Generous));
                Interlocked.Decrement(ref atOnce);
            },
            step: 100);

        flush.Add(99);
        Assert.Equal(0, Volatile.Read(ref begun));
        flush.Add(1);
        await Deadline.UntilAsync(() => Volatile.Read(ref begun) == 1);
        // What comes meanwhile waits for its turn.
        flush.Add(500);
        turn.Release(2);
        await flush.FinishAsync().InTimeAsync();

        Assert.Equal((2, 1), (begun, most));
        await flush.DisposeAsync();
    }

    [Fact]
    public async Task Finish_TellsWhatAnEarlierFlushMet_ThoughALaterOneWouldSucceed()
    {
        var calls = 0;
        await using var flush = new FollowingFlush(
            () =>
            {
                if (Interlocked.Increment(ref calls) == 1) throw new IOException("the disk is broken");
            },
            step: 1);
        flush.Add(1);
        await Deadline.UntilAsync(() => Volatile.Read(ref calls) == 1);
        flush.Add(1);

        Assert.Equal("the disk is broken", (await Assert.ThrowsAsync<IOException>(flush.FinishAsync)).Message);
    }
}
