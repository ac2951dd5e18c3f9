using System.Diagnostics;
using Rouse.Core.Deployments;
using Rouse.Simulation.Model;
using Xunit.Abstractions;

namespace Rouse.Simulation;

/// <summary>
/// Every schedule within the given bounds, through the real pass: nothing lives that no row claims, never two of one deployment, no row points to a
/// dead backend, every deployment ends ready, failed or deleted, and after a delete nothing is left.
/// </summary>
public abstract class ScheduleTests(ITestOutputHelper output)
{
    /// <param name="least">Schedules there must be: fewer, and the exploration has lost its reach.</param>
    internal Findings Explore(Scenario scenario, long least)
    {
        var timer = Stopwatch.StartNew();
        var findings = Findings.Explore(scenario);
        output.WriteLine(FormattableString.Invariant(
            $"{findings.Schedules:N0} schedules in {timer.Elapsed.TotalSeconds:0.0} s, {findings.Doubles:N0} with two backends for a moment"));
        Assert.True(findings.First is null, findings.First);
        Assert.True(findings.Schedules >= least, $"Only {findings.Schedules} schedules were explored.");
        return findings;
    }
}

public sealed class OneReplicaTests(ITestOutputHelper output) : ScheduleTests(output)
{
    [Fact]
    public void TwoFaults_AnywhereInALife_LeaveNothingBehind() => Explore(new Scenario { Faults = 2 }, least: 5_000);

    [Fact]
    public void TwoFaults_WithTheDeleteAtAnyPoint_LeaveNothingBehind() => Explore(new Scenario { Faults = 2, DeletesAnywhere = true }, least: 65_000);

    [Fact]
    public void AFault_WithTheWorkersReportAndTheDeleteAtAnyPoint_LeavesNothingBehind() =>
        Explore(new Scenario { Faults = 1, ReportsAnywhere = true, DeletesAnywhere = true }, least: 13_000);
}

/// <summary>The wall clock jumps an hour at any point, ahead or back.</summary>
public sealed class ClockJumpTests(ITestOutputHelper output) : ScheduleTests(output)
{
    [Fact]
    public void AFault_WithTheDeleteAtAnyPoint_MakesNoSecondBackend() =>
        Explore(new Scenario { Faults = 1, ClockJumps = true, DeletesAnywhere = true }, least: 35_000);

    [Fact]
    public void TwoReplicas_MakeNoSecondBackend() =>
        Explore(new Scenario { Replicas = 2, Faults = 1, Preemptions = 1, ClockJumps = true, Traits = Scenario.Paid }, least: 10_000);
}

/// <summary>As above, at a provider whose GPUs cost money: sized, woken, and on the next offer when the first has no GPU.</summary>
public sealed class PaidProviderTests(ITestOutputHelper output) : ScheduleTests(output)
{
    [Fact]
    public void TwoFaults_AnywhereInALife_LeaveNothingBehind() => Explore(new Scenario { Faults = 2, Traits = Scenario.Paid }, least: 5_000);

    [Fact]
    public void AFault_WhileTheFirstOfferStarves_LeavesNothingBehind() =>
        Explore(new Scenario { Faults = 1, Traits = Scenario.Paid, StarvesFirstOffer = true, DeletesAnywhere = true }, least: 5_000);

    [Fact]
    public void TwoReplicas_WhileTheFirstOfferStarves_LeaveNothingBehind() =>
        Explore(new Scenario { Replicas = 2, Faults = 1, Preemptions = 2, Traits = Scenario.Paid, StarvesFirstOffer = true }, least: 21_500);
}

/// <summary>
/// Put away and wanted again, at a provider where the machine of what sleeps may have no GPU free any more: it comes back there or elsewhere, never twice.
/// </summary>
public sealed class WakeTests(ITestOutputHelper output) : ScheduleTests(output)
{
    private static readonly Scenario s_pod = new() { Traits = Scenario.Pods, Hibernates = true, Trouble = Trouble.WhileSleeping };
    private static readonly Scenario s_service = s_pod with { Service = new HttpService { Image = "org/image" } };

    [Fact]
    public void TwoFaults_WhileAModelSleepsAndWakes_LeaveNothingBehind() => Explore(s_pod with { Faults = 2 }, least: 4_600);

    [Fact]
    public void TwoFaults_WhileAServiceSleepsAndWakes_LeaveNothingBehind() => Explore(s_service with { Faults = 2 }, least: 5_700);

    [Fact]
    public void TwoFaults_WhileAServiceThatMayMoveToAnyGpuWakes_LeaveNothingBehind() =>
        Explore(s_service with { Faults = 2, Service = s_service.Service! with { Fallback = WakeFallback.Gpu } }, least: 5_700);

    [Fact]
    public void AFault_WithTheDeleteAtAnyPoint_LeavesNothingBehind() => Explore(s_service with { Faults = 1, DeletesAnywhere = true }, least: 3_700);

    [Fact]
    public void TwoFaults_WhileAServicesEndpointSleepsAndWakes_LeaveNothingBehind() => Explore(s_service with { Faults = 2, Traits = Scenario.Endpoints }, least: 5_700);

    [Fact]
    public void TwoReplicas_WithAServicesEndpoint_LeaveNothingBehind() =>
        Explore(s_service with { Replicas = 2, Faults = 1, Preemptions = 2, Traits = Scenario.Endpoints }, least: 8_500);

    [Fact]
    public void TwoReplicas_WithAFaultAndTwoPreemptions_LeaveNothingBehind() => Explore(s_service with { Replicas = 2, Faults = 1, Preemptions = 2 }, least: 8_500);

    [Fact]
    public void TwoReplicas_WithoutAnyLease_LeaveNothingBehind() =>
        Explore(s_service with { Replicas = 2, Faults = 1, Preemptions = 2, Lease = TimeSpan.Zero }, least: 16_000);
}

public sealed class TwoReplicaTests(ITestOutputHelper output) : ScheduleTests(output)
{
    [Fact]
    public void TwoFaultsAndTwoPreemptions_WhileStarting_LeaveNothingBehind() =>
        Explore(new Scenario { Replicas = 2, Faults = 2, Preemptions = 2, Trouble = Trouble.WhileStarting }, least: 65_000);

    [DeepFact]
    public void TwoFaultsAndTwoPreemptions_AnywhereInALife_LeaveNothingBehind() =>
        Explore(new Scenario { Replicas = 2, Faults = 2, Preemptions = 2 }, least: 500_000);
}

public sealed class RacingReplicaTests(ITestOutputHelper output) : ScheduleTests(output)
{
    [Fact]
    public void TwoFaultsAndTwoPreemptions_WhileDeleting_LeaveNothingBehind() =>
        Explore(new Scenario { Replicas = 2, Faults = 2, Preemptions = 2, Trouble = Trouble.WhileDeleting }, least: 21_500);

    [Fact]
    public void AFaultAndTwoPreemptions_WithoutAnyLease_LeaveNothingBehind() =>
        Explore(new Scenario { Replicas = 2, Faults = 1, Preemptions = 2, Lease = TimeSpan.Zero }, least: 21_000);

    [Fact]
    public void TwoPreemptions_WithTheDeleteAtAnyPoint_LeaveNothingBehind() =>
        Explore(new Scenario { Replicas = 2, Preemptions = 2, DeletesAnywhere = true }, least: 1_100);

    [Fact]
    public void APausedHolder_MakesASecondBackendForAMomentAtMost() =>
        Assert.True(Explore(new Scenario { Replicas = 2, Faults = 1, Preemptions = 1, Pauses = 1 }, least: 8_200).Doubles > 0);

    [Fact]
    public void APausedHolder_WithTheDeleteAtAnyPoint_LeavesNothingBehind() =>
        Explore(new Scenario { Replicas = 2, Preemptions = 2, Pauses = 1, DeletesAnywhere = true }, least: 8_200);

    [DeepFact]
    public void TwoFaultsAndTwoPreemptions_WithoutAnyLease_LeaveNothingBehind() =>
        Explore(new Scenario { Replicas = 2, Faults = 2, Preemptions = 2, Trouble = Trouble.WhileStarting, Lease = TimeSpan.Zero }, least: 200_000);
}

/// <summary>Runs for minutes, and therefore only where ROUSE_SIMULATION=deep.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class DeepFactAttribute : FactAttribute
{
    public DeepFactAttribute()
    {
        if (Environment.GetEnvironmentVariable("ROUSE_SIMULATION") != "deep") Skip = "Runs for minutes: set ROUSE_SIMULATION=deep.";
    }
}
