using System.Globalization;
using Rouse.Simulation.Model;
using Xunit.Abstractions;

namespace Rouse.Simulation;

/// <summary>Long, troubled lives drawn by seed: more of everything, and at once. ROUSE_SIMULATION_SEED sets the first seed.</summary>
public sealed class DeepScheduleTests(ITestOutputHelper output)
{
    private const int DefaultSeed = 20_300_101;
    private static readonly string? s_givenSeed = Environment.GetEnvironmentVariable("ROUSE_SIMULATION_SEED");
    private static readonly int s_firstSeed = s_givenSeed is null ? DefaultSeed : int.Parse(s_givenSeed, CultureInfo.InvariantCulture);

    [Theory]
    [InlineData(1, 12, 0.10)]
    [InlineData(2, 10, 0.05)]
    [InlineData(3, 10, 0.15)]
    [InlineData(3, 30, 0.40)]
    public void LongTrouble_LeavesNothingBehind(int replicas, int faults, double trouble) => Sample(
        new Scenario { Replicas = replicas, Faults = faults, Preemptions = 8, Pauses = 2, DeletesAnywhere = true, ReportsAnywhere = true }, trouble);

    [Fact]
    public void LongTrouble_WithoutPauses_NeverMakesTwoBackends() =>
        Sample(new Scenario { Replicas = 2, Faults = 12, Preemptions = 12, ReportsAnywhere = true, Lease = TimeSpan.Zero }, trouble: 0.15);

    private void Sample(Scenario scenario, double trouble)
    {
        const int Seeds = 2_000;
        var findings = Findings.Sample(scenario, s_firstSeed, Seeds, trouble);
        output.WriteLine(FormattableString.Invariant(
            $"{Seeds:N0} seeds from {s_firstSeed}: {findings.Doubles:N0} schedules with two backends for a moment"));
        Assert.True(findings.First is null, findings.First);
    }
}
