using Rouse.Simulation.Model;

namespace Rouse.Simulation;

/// <summary>The checker must find what it is there for: each rule of the protocol, taken away, breaks an invariant.</summary>
public sealed class BrokenProtocolTests
{
    [Fact]
    public void ACreateThatIsRetriedInPlace_IsFound() =>
        AssertFound("two backends", new Scenario { Faults = 1, Flaw = Flaw.RetriesInPlace });

    [Fact]
    public void ACreateWithoutItsIntentWritten_IsFound() =>
        AssertFound("two backends", new Scenario { Faults = 1, Flaw = Flaw.WritesIntentLate });

    [Fact]
    public void AnAttemptBegunBeforeTheLastOneIsSettled_IsFound() =>
        AssertFound("two backends", new Scenario { Faults = 1, Settle = -new Scenario().Traits.Settle });

    [Fact]
    public void AnAttemptRaisedWithoutCompareAndSet_IsFound() => AssertFound(
        "two backends", new Scenario { Replicas = 2, Preemptions = 2, Lease = TimeSpan.Zero, Flaw = Flaw.RaisesAttemptBlindly });

    [Fact]
    public void AnAccountThatIsNeverSwept_IsFound()
    {
        var never = new Scenario { Replicas = 2, Faults = 2, Preemptions = 4, Pauses = 2, DeletesAnywhere = true, Sweeps = false };
        AssertFound("lives", Findings.Sample(never, firstSeed: 1, seeds: 20_000, trouble: 0.1));
    }

    private static void AssertFound(string violation, Scenario broken) => AssertFound(violation, Findings.Explore(broken));

    private static void AssertFound(string violation, Findings findings)
    {
        Assert.NotNull(findings.First);
        Assert.Contains(violation, findings.First, StringComparison.Ordinal);
    }
}
