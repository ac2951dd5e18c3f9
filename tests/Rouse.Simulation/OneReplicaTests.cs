using System.Diagnostics;
using Rouse.Simulation.Model;
using Xunit.Abstractions;

namespace Rouse.Simulation;

public sealed class OneReplicaTests(ITestOutputHelper output)
{
    [Fact]
    public void EverySchedule_OfOneReplica_WithTwoFaults_LeavesNothingBehind() =>
        Explore(new Scenario { Faults = 2 });

    [Fact]
    public void EverySchedule_OfOneReplica_WithOneFaultAndADeleteAnywhere_LeavesNothingBehind() =>
        Explore(new Scenario { Faults = 1, DeletesAnywhere = true });

    private void Explore(Scenario scenario)
    {
        var timer = Stopwatch.StartNew();
        var findings = Findings.Explore(scenario);
        output.WriteLine(FormattableString.Invariant($"{scenario.Replicas} {findings.Schedules} schedules in {timer.Elapsed.TotalSeconds:0.0} s"));
        Assert.True(findings.Broken == 0, findings.First);
    }
}
