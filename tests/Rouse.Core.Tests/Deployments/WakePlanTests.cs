using Rouse.Core.Deployments;
using Rouse.Core.Hardware;
using Rouse.Core.Ports;
using static Rouse.Core.Tests.Deployments.Worlds;

namespace Rouse.Core.Tests.Deployments;

/// <summary>What is planned for what is put away: stopped once nobody has anything under way, woken when work comes, and never stuck on one machine.</summary>
public sealed class WakePlanTests
{
    private static readonly ReconcileLimits s_limits = Limits with { Buys = true, Stops = true };
    private static readonly FailureCause s_full = new(FailureCodes.NoCapacity, "There are not enough free GPUs on the host machine.");
    private static readonly DeploymentState s_model = Ready with { Phase = Phase.Hibernated };
    private static readonly DeploymentState s_service = Of(new HttpService { Image = "org/image" });

    [Theory]
    [InlineData(BackendStatus.Running, false, Intent.None, "BeginStop, Sleep")]
    [InlineData(BackendStatus.Running, false, Intent.Stop, "Sleep")]
    [InlineData(BackendStatus.Running, false, Intent.Wake, "BeginStop, Sleep")]
    [InlineData(BackendStatus.Sleeping, false, Intent.Stop, "")]
    [InlineData(BackendStatus.Running, true, Intent.None, "Advance Ready")]
    [InlineData(BackendStatus.Running, true, Intent.Stop, "Sleep")]
    [InlineData(BackendStatus.Sleeping, true, Intent.Stop, "Note waking, BeginWake, Wake")]
    [InlineData(BackendStatus.Sleeping, true, Intent.Wake, "Note waking, Wake")]
    [InlineData(BackendStatus.Starting, true, Intent.Wake, "Note waking")]
    public void AModelsPod_IsStoppedAndWokenAsWorkComes(BackendStatus status, bool wanted, Intent intent, string steps) =>
        Assert.Equal(steps, Steps(With(s_model, intent), wanted, Backend("one", 1, status: status)));

    [Theory]
    [InlineData(BackendStatus.Running, 1, false, Intent.None, "BeginStop, Sleep")]
    [InlineData(BackendStatus.Running, 1, false, Intent.Stop, "Sleep")]
    [InlineData(BackendStatus.Running, 0, false, Intent.Wake, "Note waking")]
    [InlineData(BackendStatus.Running, 1, false, Intent.Wake, "Advance Ready")]
    [InlineData(BackendStatus.Sleeping, 0, false, Intent.Wake, "Note waking, Wake")]
    [InlineData(BackendStatus.Running, 1, true, Intent.None, "Advance Ready")]
    [InlineData(BackendStatus.Running, 1, true, Intent.Stop, "Sleep")]
    [InlineData(BackendStatus.Sleeping, 0, true, Intent.Stop, "Note waking, BeginWake, Wake")]
    [InlineData(BackendStatus.Starting, 0, true, Intent.Wake, "Note waking")]
    [InlineData(BackendStatus.Running, 1, true, Intent.Wake, "Advance Ready")]
    public void AService_IsReadyOnceItAnswers_AndABegunStopIsNeverTakenForAwake(BackendStatus status, int answers, bool wanted, Intent intent, string steps) =>
        Assert.Equal(steps, Steps(With(s_service, intent), wanted, Backend("one", 1, answers, status: status)));

    [Fact]
    public void AService_IsNotStoppedBeforeItHasDrained()
    {
        var plan = Reconciler.Plan(s_service, [Backend("one", 1, ready: 1, status: BackendStatus.Running)], null, Now, s_limits);
        Assert.Empty(plan.Steps);
        Assert.Equal(s_limits.Drain, plan.Again);
    }

    [Fact]
    public void AReadyService_ThatSomebodyStopped_IsHibernated() =>
        Assert.Equal("Advance Hibernated", Steps(s_service with { Phase = Phase.Ready }, wanted: true, Backend("one", 1, status: BackendStatus.Sleeping)));

    [Fact]
    public void AServiceThatDoesNotAnswerWithinTheTimeOfAStart_IsStopped_AndTheCauseIsTold()
    {
        var row = s_service with { WakeAt = Now - s_service.Spec.Workers.StartTimeout };
        Assert.Equal("Note start_timeout, BeginStop, Sleep", Steps(row, wanted: true, Backend("one", 1, status: BackendStatus.Running)));
    }

    [Fact]
    public void ATryThatCameToNothing_IsToldUntilOneComesToSomething() =>
        Assert.Equal("Wake", Steps(s_service with { WakeAt = Now, Waiting = s_full }, wanted: true, Backend("one", 1, status: BackendStatus.Sleeping)));

    [Theory]
    [InlineData(WakeFallback.None, "")]
    [InlineData(WakeFallback.Host, "Relocate, Delete one")]
    [InlineData(WakeFallback.Gpu, "Relocate, Delete one")]
    public void AWakeWithoutAFreeGpu_MovesAsFarAsItMay(WakeFallback fallback, string steps) =>
        Assert.Equal(steps, Stranded(Of(new HttpService { Image = "org/image", Fallback = fallback })));

    [Theory]
    [InlineData(WakeFallback.Host, false)]
    [InlineData(WakeFallback.Gpu, true)]
    public void WhereTheProviderFindsTheMachine_NothingIsMovedToAnotherLikeIt(WakeFallback fallback, bool moves)
    {
        var plan = Reconciler.PlanStranded(Of(new HttpService { Image = "i", Fallback = fallback }), new BackendId("one"), s_full, Now, s_limits with { Roams = true });
        Assert.Equal(moves, plan is not null);
    }

    [Fact]
    public void AModelsPod_MayMove_AndATenantsOwnPodNever()
    {
        Assert.Equal("Relocate, Delete one", Stranded(s_model));
        Assert.Equal("", Stranded(Of(new HttpService { PodId = "mine", Fallback = WakeFallback.Gpu })));
    }

    [Theory]
    [InlineData(null, "What its own disk held is lost.")]
    [InlineData("volume", "Its network volume goes with it.")]
    public void AMove_SaysWhatBecomesOfTheDisk(string? volume, string told)
    {
        var plan = Reconciler.PlanStranded(Of(new HttpService { Image = "i", NetworkVolume = volume }), new BackendId("one"), s_full, Now, s_limits)!;
        Assert.EndsWith(told, ((ReconcileStep.Relocate)plan.Steps[0]).Cause.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(WakeFallback.Host, "Start 2 large, tried large")]
    [InlineData(WakeFallback.Gpu, "Start 2 large, tried large")]
    public void WhatMoved_AsksForTheSameGpuFirst(WakeFallback fallback, string steps)
    {
        var row = Moved(fallback);
        Assert.Equal("Delete one", Steps(row, wanted: true, Backend("one", 1, status: BackendStatus.Sleeping)));
        Assert.Equal(steps, string.Join(", ", Brief(Reconciler.Plan(row, [], OfferRanking.InGivenOrder([Small, Large]), Now, s_limits))));
    }

    [Fact]
    public void WhatMayNotChangeItsGpu_WaitsForOneLikeIt()
    {
        var offers = OfferRanking.InGivenOrder([Small]);
        Assert.Equal("Note no_capacity", string.Join(", ", Brief(Reconciler.Plan(Moved(WakeFallback.Host), [], offers, Now, s_limits))));
        Assert.Equal("Start 2 small, tried small", string.Join(", ", Brief(Reconciler.Plan(Moved(WakeFallback.Gpu), [], offers, Now, s_limits))));
    }

    private static DeploymentState Of(HttpService service) => s_model with { Spec = s_model.Spec with { Service = service } };

    private static DeploymentState Moved(WakeFallback fallback) => Of(new HttpService { Image = "i", Fallback = fallback }) with
    {
        Phase = Phase.SelectingGpu, Backend = null, Outcome = AttemptOutcome.Refused, Refusal = s_full, Offer = Large, StayWith = Large.Hardware, Tried = [],
        Deadline = Now.AddMinutes(30),
    };

    private static DeploymentState With(DeploymentState row, Intent intent) => intent switch
    {
        Intent.Stop => row with { StopAt = Now },
        Intent.Wake => row with { WakeAt = Now },
        _ => row,
    };

    private static string Steps(DeploymentState row, bool wanted, params ObservedBackend[] observed) =>
        string.Join(", ", Brief(Reconciler.Plan(row, observed, null, Now, s_limits with { Wanted = wanted, IsDrained = true })));

    private static string Stranded(DeploymentState row) =>
        Reconciler.PlanStranded(row, new BackendId("one"), s_full, Now, s_limits) is { } plan ? string.Join(", ", Brief(plan)) : "";

    public enum Intent
    {
        None,
        Stop,
        Wake,
    }
}
