using Xunit.Abstractions;

namespace Rouse.Chaos;

public sealed class KillBeforeTests
{
    public static IEnumerable<object[]> Runs => Points.Half(0);

    [Theory]
    [MemberData(nameof(Runs))]
    public async Task KilledBeforeACall_LeavesNothingAndLosesNothing(string[] points) => Assert.Null(await ChaosRun.ExecuteAsync(points));
}

public sealed class KillAfterTests
{
    public static IEnumerable<object[]> Runs => Points.Half(1);

    [Theory]
    [MemberData(nameof(Runs))]
    public async Task KilledAfterACall_LeavesNothingAndLosesNothing(string[] points) => Assert.Null(await ChaosRun.ExecuteAsync(points));
}

public sealed class PointsTests(ITestOutputHelper output)
{
    [Fact]
    public void ThereAreFortyPointsAtLeast_AndEachIsKilledAtOnce()
    {
        var points = Points.Runs.SelectMany(run => run).ToList();
        output.WriteLine($"{points.Count} points");
        Assert.True(points.Count >= 40);
        Assert.Equal(points.Count, points.Distinct(StringComparer.Ordinal).Count());
    }
}
