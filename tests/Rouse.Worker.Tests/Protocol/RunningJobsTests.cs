using Rouse.TestKit.Time;
using Rouse.Worker.Protocol;

namespace Rouse.Worker.Tests.Protocol;

public sealed class RunningJobsTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public void AStopThatOvertakesItsJob_StopsIt()
    {
        var running = new RunningJobs(_time);
        Assert.False(running.Stop("j1"));
        _time.Advance(RunningJobs.Early / 2);

        Assert.True(running.TryHold("j1"));
        Assert.True(running.Stopped("j1").IsCancellationRequested);
        // Once: given out again, it is another run.
        running.Release("j1");
        Assert.True(running.TryHold("j1"));
        Assert.False(running.Stopped("j1").IsCancellationRequested);
    }

    [Fact]
    public void AnOldStop_StopsNoJobThatIsGivenOutAgain()
    {
        var running = new RunningJobs(_time);
        running.Stop("j1");
        _time.Advance(RunningJobs.Early);

        Assert.True(running.TryHold("j1"));
        Assert.False(running.Stopped("j1").IsCancellationRequested);
    }
}
