using Rouse.Core.Deployments;
using Rouse.Core.Scheduling;

namespace Rouse.Core.Tests.Scheduling;

public sealed class ScalePolicyTests
{
    private static readonly WorkerScaling ByDelay = new() { Max = 4, Scaler = Scaler.QueueDelay, ScalerValue = 4 };
    private static readonly WorkerScaling ByCount = new() { Max = 4, Scaler = Scaler.RequestCount, ScalerValue = 4 };
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);

    [Fact]
    public void Desired_WhenNobodyWorks_StartsOneForTheFirstJobAtOnce() =>
        Assert.Equal(1, ScalePolicy.Desired(ByDelay, new PoolLoad(1, TimeSpan.Zero, 0, 0, 0, Long)));

    [Fact]
    public void Desired_WhenTheHeadWaitsLongerThanTheDelay_AddsOne() =>
        Assert.Equal(3, ScalePolicy.Desired(ByDelay, new PoolLoad(1, TimeSpan.FromSeconds(4.1), 2, 2, 0, Long)));

    [Fact]
    public void Desired_WhenTheHeadWaitsLessThanTheDelay_AddsNone() =>
        Assert.Equal(2, ScalePolicy.Desired(ByDelay, new PoolLoad(9, TimeSpan.FromSeconds(4), 2, 2, 0, Long)));

    [Fact]
    public void Desired_WhileTheJobsWorkerIsStillStarting_AddsNoneForIt() =>
        Assert.Equal(1, ScalePolicy.Desired(ByDelay, new PoolLoad(1, Long, 0, 1, 1, Long)));

    [Fact]
    public void Desired_WhenOneWasJustStarted_WaitsTheDelayBeforeTheNext()
    {
        Assert.Equal(1, ScalePolicy.Desired(ByDelay, new PoolLoad(9, Long, 0, 1, 1, TimeSpan.FromSeconds(4))));
        Assert.Equal(2, ScalePolicy.Desired(ByDelay, new PoolLoad(9, Long, 0, 1, 1, TimeSpan.FromSeconds(5))));
    }

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(1, 0, 1)]
    [InlineData(4, 0, 1)]
    [InlineData(4, 1, 2)]
    [InlineData(1000, 1000, 4)]
    public void Desired_ByRequestCount_IsJobsPerWorkerRoundedUp(int queued, int running, int wanted) =>
        Assert.Equal(wanted, ScalePolicy.Desired(ByCount, new PoolLoad(queued, TimeSpan.Zero, running, 0, 0, Long)));

    [Fact]
    public void Desired_WhateverTheLoad_StaysWithinTheBounds()
    {
        foreach (var scaler in Enum.GetValues<Scaler>())
        {
            foreach (var value in new[] { 0, 0.001, 1, 1e9, double.NaN, double.PositiveInfinity })
            {
                var scaling = new WorkerScaling { Min = 1, Max = 3, Scaler = scaler, ScalerValue = double.IsFinite(value) ? value : 4 };
                for (var jobs = 0; jobs < 50; jobs++)
                {
                    for (var workers = 0; workers < 6; workers++)
                    {
                        var desired = ScalePolicy.Desired(scaling, new PoolLoad(jobs, Long, jobs / 2, workers, 0, Long));
                        Assert.InRange(desired, scaling.Min, scaling.Max);
                        if (workers <= scaling.Max) Assert.True(desired >= workers, "shrinking is the idle clock's business");
                    }
                }
            }
        }
    }
}
