using Rouse.Gateway.Jobs;

namespace Rouse.Gateway.Tests.Jobs;

public sealed class JobLineTests
{
    private readonly JobLine _line = new();

    [Fact]
    public void Tell_WakesTheTurnThatHasWaitedLongest()
    {
        using var first = _line.Join(1);
        using var second = _line.Join(1);

        _line.Tell(1);

        Assert.Equal((true, false), (first.Come.IsCompleted, second.Come.IsCompleted));
        Assert.Equal(0, _line.Known);
    }

    [Fact]
    public void Join_WhenJobsAreKnown_ComesAtOnce()
    {
        _line.Tell(3);
        using var turn = _line.Join(2);

        Assert.True(turn.Come.IsCompleted);
        Assert.Equal((2, 1), (turn.Claimed, _line.Known));
    }

    [Fact]
    public void ATurnThatLeavesUnsettled_PassesItsClaimOn()
    {
        var leaving = _line.Join(1);
        using var next = _line.Join(1);
        _line.Tell(1);

        leaving.Dispose();

        Assert.True(next.Come.IsCompleted);
    }

    [Fact]
    public void ATurnThatLeavesWhileWaiting_IsPassedOver()
    {
        var leaving = _line.Join(1);
        using var next = _line.Join(1);
        leaving.Dispose();

        _line.Tell(1);

        Assert.Equal((false, true), (leaving.Come.IsCompleted, next.Come.IsCompleted));
        Assert.True(!_line.HasWaiting);
    }

    [Fact]
    public void Settle_WithFewerThanWanted_ForgetsWhatIsNotThere()
    {
        _line.Tell(5);
        using var turn = _line.Join(1);
        _line.Tell(2);

        turn.Settle(0);

        // The store was empty when asked; only what was told of since can be there.
        Assert.Equal(2, _line.Known);
    }

    [Fact]
    public void Settle_WithMoreThanClaimed_CountsThem()
    {
        _line.Tell(1);
        using var turn = _line.Join(3);
        _line.Tell(4);

        turn.Settle(3);

        Assert.Equal(2, _line.Known);
    }

    [Fact]
    public void Recount_CorrectsBothWaysButKeepsWhatWasToldMeanwhile()
    {
        _line.Tell(10);
        var mark = _line.Told;
        _line.Tell(2);
        _line.Recount(0, mark);
        Assert.Equal(2, _line.Known);

        _line.Recount(7, _line.Told);
        Assert.Equal(7, _line.Known);
    }

    [Fact]
    public async Task ManyTakersThatComeAndGo_LeaveNoJobBehind()
    {
        const int Jobs = 20_000, Takers = 16;
        var waiting = 0;
        var taken = 0;
        using var enough = new CancellationTokenSource();
        var takers = Enumerable.Range(0, Takers).Select(i => Task.Run(async () =>
        {
            for (var round = 0; !enough.IsCancellationRequested; round++)
            {
                using var turn = _line.Join(1 + (i % 3));
                // Every fifth leaves whether it was called or not.
                if ((round + i) % 5 == 0) continue;
                await turn.Come.WaitAsync(enough.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (!turn.Come.IsCompletedSuccessfully) return;
                var got = 0;
                while (got < turn.Most && TryTake(ref waiting)) got++;
                turn.Settle(got);
                if (Interlocked.Add(ref taken, got) == Jobs) await enough.CancelAsync();
            }
        })).ToList();

        for (var job = 0; job < Jobs; job++)
        {
            Interlocked.Increment(ref waiting);
            _line.Tell(1);
            if (job % 100 == 0) await Task.Yield();
        }

        await Task.WhenAll(takers).WaitAsync(TimeSpan.FromMinutes(1));
        Assert.Equal((Jobs, 0), (taken, waiting));
    }

    private static bool TryTake(ref int waiting)
    {
        while (true)
        {
            var now = Volatile.Read(ref waiting);
            if (now == 0) return false;
            if (Interlocked.CompareExchange(ref waiting, now - 1, now) == now) return true;
        }
    }
}
