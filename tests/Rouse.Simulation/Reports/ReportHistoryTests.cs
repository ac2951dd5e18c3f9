using System.Diagnostics;
using Rouse.Core.Deployments;
using Xunit.Abstractions;

namespace Rouse.Simulation.Reports;

/// <summary>
/// Reports of workers with 30 % lost and sent again, 30 % told twice and all of them in any order end where the same reports in order do.
/// <c>ROUSE_SIMULATION=deep</c> tries a hundred times as many.
/// </summary>
public sealed class ReportHistoryTests(ITestOutputHelper output)
{
    private static readonly int s_histories = Environment.GetEnvironmentVariable("ROUSE_SIMULATION") is "deep" ? 10_000_000 : 100_000;

    [Fact]
    public void Reports_InAnyOrder_EndWhereTheyDoInOrder()
    {
        var timer = Stopwatch.StartNew();
        Assert.Null(FirstDifference(s_histories, static (row, said, marks) => ReportRules.Decide(row, said.Attempt, said.Sequence, said.Phase, marks)));
        output.WriteLine(FormattableString.Invariant($"{s_histories:N0} histories in {timer.Elapsed.TotalSeconds:0.0} s"));
    }

    [Fact]
    public void Reports_TakenAsTheyCome_WouldEndElsewhere_AndItWouldBeNoticed()
    {
        Assert.NotNull(FirstDifference(1_000, static (_, said, _) => new ReportVerdict(ReportOutcome.Applied, said.Phase, said.Phase is not null, TakesProgress: true)));
        // Without the memory of what was taken.
        Assert.NotNull(FirstDifference(1_000, static (row, said, _) => ReportRules.Decide(row, said.Attempt, said.Sequence, said.Phase, default)));
    }

    private static string? FirstDifference(int histories, Func<DeploymentState, Said, ReportMarks, ReportVerdict> apply)
    {
        for (var seed = 0; seed < histories; seed++)
        {
            var history = new ReportHistory(seed);
            var (wanted, got) = (history.InOrder(apply), history.AsItArrives(apply));
            if (wanted != got) return $"Seed {seed}: {wanted} in order, {got} as it came.";
        }

        return null;
    }
}
