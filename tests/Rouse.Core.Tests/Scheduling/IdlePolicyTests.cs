using Rouse.Core.Deployments;
using Rouse.Core.Scheduling;

namespace Rouse.Core.Tests.Scheduling;

public sealed class IdlePolicyTests
{
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly WorkerScaling Scaling = new() { Min = 0, Max = 4, IdleTimeout = TimeSpan.FromSeconds(60) };

    [Fact]
    public void ToStop_WhenIdleForTheTimeout_NamesTheLongestIdleFirst() =>
        Assert.Equal(["b", "a"], IdlePolicy.ToStop(Scaling, [Worker("a", 60), Worker("b", 90), Worker("c", 59)], 0, 0, Now));

    [Fact]
    public void ToStop_WhenTheWorkerHoldsAJob_NeverNamesIt() =>
        Assert.Empty(IdlePolicy.ToStop(Scaling, [Worker("a", 9999, jobs: 1)], 0, 0, Now));

    [Fact]
    public void ToStop_WhileAJobWaits_StopsNobody() =>
        Assert.Empty(IdlePolicy.ToStop(Scaling, [Worker("a", 9999)], 0, 1, Now));

    [Fact]
    public void ToStop_KeepsTheMinimum_CountingThoseThatStart()
    {
        var scaling = Scaling with { Min = 2 };
        Assert.Equal(["b"], IdlePolicy.ToStop(scaling, [Worker("a", 70), Worker("b", 90)], starting: 1, 0, Now));
        Assert.Empty(IdlePolicy.ToStop(scaling, [Worker("a", 70), Worker("b", 90)], starting: 0, 0, Now));
    }

    private static ReadyWorker Worker(string name, int idleSeconds, int jobs = 0) => new(name, jobs, Now.AddSeconds(-idleSeconds));
}
