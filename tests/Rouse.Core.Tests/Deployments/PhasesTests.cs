using Rouse.Core.Deployments;

namespace Rouse.Core.Tests.Deployments;

public sealed class PhasesTests
{
    private static readonly Phase[] s_all = Enum.GetValues<Phase>();

    [Fact]
    public void MayAdvance_WithNewsOfAnotherAttempt_IsNever() =>
        Assert.All(Pairs(), pair => Assert.False(Phases.MayAdvance(pair.From, currentAttempt: 2, pair.To, attempt: 1)));

    [Fact]
    public void MayAdvance_FromDeleted_IsNever() => Assert.All(s_all, to => Assert.False(Phases.MayAdvance(Phase.Deleted, 1, to, 1)));

    [Fact]
    public void MayAdvance_FromFailed_IsOnlyToDeleting() =>
        Assert.All(s_all, to => Assert.Equal(to == Phase.Deleting, Phases.MayAdvance(Phase.Failed, 1, to, 1)));

    [Fact]
    public void MayAdvance_FromDeleting_IsOnlyToDeleted() =>
        Assert.All(s_all, to => Assert.Equal(to == Phase.Deleted, Phases.MayAdvance(Phase.Deleting, 1, to, 1)));

    [Fact]
    public void MayAdvance_WithinAStart_IsOnlyForward() => Assert.All(
        Pairs().Where(pair => pair.From.IsStarting() && pair.To.IsStarting()),
        pair => Assert.Equal(pair.To > pair.From, Phases.MayAdvance(pair.From, 1, pair.To, 1)));

    [Fact]
    public void MayAdvance_ToDeleting_IsOpenFromEverythingNotDeletedOrDeleting() => Assert.All(
        s_all, from => Assert.Equal(from is not (Phase.Deleting or Phase.Deleted), Phases.MayAdvance(from, 1, Phase.Deleting, 1)));

    [Fact]
    public void MayAdvance_NeverStaysInPlace() => Assert.All(s_all, phase => Assert.False(Phases.MayAdvance(phase, 1, phase, 1)));

    [Fact]
    public void MayAdvance_AnyHistoryOfNews_EndsWhereItEnded()
    {
        // Whatever arrives, in whatever order: once failed only a delete moves on, and once deleted nothing does.
        var random = new Random(1);
        for (var history = 0; history < 10_000; history++)
        {
            var (phase, hasFailed) = (Phase.Accepted, false);
            for (var news = 0; news < 20; news++)
            {
                var to = s_all[random.Next(s_all.Length)];
                if (!Phases.MayAdvance(phase, 1, to, random.Next(3))) continue;
                Assert.False(hasFailed && to is not (Phase.Deleting or Phase.Deleted), $"{phase} became {to} after it had failed");
                (phase, hasFailed) = (to, hasFailed || to == Phase.Failed);
            }
        }
    }

    [Fact]
    public void Word_RoundTrips_AndNothingElseParses()
    {
        Assert.All(s_all, phase => Assert.True(Phases.TryParse(phase.Word(), out var parsed) && parsed == phase));
        Assert.All(["", "Ready", " ready", "accepted", "webhook_failed", null], word => Assert.False(Phases.TryParse(word, out _)));
    }

    private static IEnumerable<(Phase From, Phase To)> Pairs() => s_all.SelectMany(from => s_all.Select(to => (from, to)));
}
