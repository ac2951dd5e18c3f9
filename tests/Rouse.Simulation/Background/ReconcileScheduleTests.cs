using Rouse.Core.Deployments;
using Rouse.Core.Tenancy;
using Rouse.Server.Background;

namespace Rouse.Simulation.Background;

public sealed class ReconcileScheduleTests
{
    private static readonly DeploymentKey s_one = Key("tenant", 1);
    private static readonly DeploymentKey s_two = Key("tenant", 2);
    private static readonly DeploymentKey s_three = Key("tenant", 4);
    private static readonly DeploymentKey s_other = Key("other", 3);
    private readonly ReconcileSchedule _schedule = new();

    [Fact]
    public void ManyHints_BecomeOnePass()
    {
        for (var i = 0; i < 5; i++) _schedule.Ask(s_one, At(i));
        Assert.Equal(s_one, Take(At(9)));
        Assert.Null(Take(At(9)));
    }

    [Fact]
    public void AHintDuringAPass_BecomesThePassAfterIt()
    {
        _schedule.Ask(s_one, At(0));
        Take(At(0));
        _schedule.Ask(s_one, At(1));
        Assert.Null(Take(At(1)));
        _schedule.Finish(s_one, next: At(60), failed: false);
        Assert.Equal(s_one, Take(At(1)));
    }

    [Fact]
    public void TheSoonerOfTwoTimes_Wins()
    {
        _schedule.Ask(s_one, At(60));
        Assert.False(_schedule.TryTake(At(10), out _, out var next));
        Assert.Equal(At(60), next);
        _schedule.Ask(s_one, At(5));
        _schedule.Ask(s_one, At(30));
        Assert.Equal(s_one, Take(At(5)));
        _schedule.Finish(s_one, next: At(90), failed: false);
        Assert.Null(Take(At(89)));
        Assert.Equal(s_one, Take(At(90)));
    }

    [Fact]
    public void ARescan_ChangesNothingForWhatIsKnown()
    {
        _schedule.Ask(s_one, At(60));
        _schedule.Add(s_one, At(1));
        _schedule.Add(s_two, At(1));
        Assert.Equal(s_two, Take(At(1)));
        Assert.Null(Take(At(1)));
    }

    [Fact]
    public void WhatIsDone_IsForgottenUntilItIsAskedFor()
    {
        _schedule.Ask(s_one, At(0));
        Take(At(0));
        _schedule.Finish(s_one, next: null, failed: false);
        Assert.Null(Take(At(1_000)));
        _schedule.Add(s_one, At(1_000));
        Assert.Equal(s_one, Take(At(1_000)));
    }

    [Fact]
    public void AHeldAccount_WaitsWhole_AndNothingElseOfItsTenantDoes()
    {
        var (held, good) = (new ProviderAccount(s_one.Tenant, "runpod", "revoked"), new ProviderAccount(s_one.Tenant, "runpod", "good"));
        foreach (var (key, account) in new[] { (s_one, held), (s_two, held), (s_three, good), (s_other, held with { Tenant = s_other.Tenant }) })
        {
            _schedule.Ask(key, At(0));
            Assert.Equal(key, Take(At(0)));
            _schedule.Finish(key, At(1), failed: false, account);
        }

        _schedule.Hold(held, At(60));
        _schedule.Hold(held, At(30));
        Assert.Equal([s_three, s_other], new[] { Take(At(2)), Take(At(2)) }.OrderBy(key => key == s_three ? 0 : 1).Select(key => key!.Value));
        Assert.Null(Take(At(59)));
        Assert.NotNull(Take(At(60)));
        Assert.NotNull(Take(At(60)));
    }

    [Fact]
    public void Faults_AreCountedInARow()
    {
        _schedule.Ask(s_one, At(0));
        Take(At(0));
        Assert.Equal(1, _schedule.CountFault(s_one));
        _schedule.Finish(s_one, At(1), failed: true);
        Take(At(1));
        Assert.Equal(2, _schedule.CountFault(s_one));
        _schedule.Finish(s_one, At(2), failed: true);
        Take(At(2));
        _schedule.Finish(s_one, At(3), failed: false);
        Take(At(3));
        Assert.Equal(1, _schedule.CountFault(s_one));
    }

    private DeploymentKey? Take(TimeSpan now) => _schedule.TryTake(now, out var key, out _) ? key : null;

    private static TimeSpan At(int seconds) => TimeSpan.FromSeconds(seconds);

    private static DeploymentKey Key(string tenant, byte number)
    {
        var random = new byte[16];
        random[0] = number;
        return new DeploymentKey(TenantId.Parse(tenant), DeploymentId.FromRandom(random));
    }
}
