using Rouse.Core.Analytics;
using Rouse.Core.Deployments;
using Rouse.Core.Ports;
using Rouse.Core.Tests.Deployments;

namespace Rouse.Core.Tests.Analytics;

public sealed class CostStatementTests
{
    private const decimal Second = 0.001m;
    private static readonly IReadOnlySet<int> s_first = new HashSet<int> { 1 };
    private static readonly IReadOnlySet<int> s_none = new HashSet<int>();

    [Fact]
    public void EveryDollar_StandsUnderWhatItWasSpentOn_AndThePartsAreTheSum()
    {
        var statement = CostStatement.From(
            [Span(100, starting: 1), Span(300, ready: 2), Span(50, starting: 1, ready: 1), Span(3600, storage: 0.36m)], Worlds.Ready, s_first, busy: null);
        Assert.Equal(
            [(CostKind.ColdStart, 150d, 0.15m), (CostKind.ServingAndIdle, 650d, 0.65m), (CostKind.HibernatedStorage, 3600d, 0.36m)],
            statement.Lines.Select(line => (line.Kind, line.Length.TotalSeconds, Math.Round(line.Usd!.Value, 6))));
        Assert.Equal(1.16m, Math.Round(statement.Usd, 6));
        Assert.Equal(800, statement.Running.TotalSeconds);
    }

    [Fact]
    public void JobsTellServingFromIdling_AndNeverMoreThanRan()
    {
        CapacitySpan[] spans = [Span(300, ready: 1)];
        Assert.Equal([(CostKind.Serving, 40d), (CostKind.Idle, 260d)], Kinds(CostStatement.From(spans, Worlds.Ready, s_first, TimeSpan.FromSeconds(40))));
        Assert.Equal([(CostKind.Idle, 300d)], Kinds(CostStatement.From(spans, Worlds.Ready, s_first, TimeSpan.Zero)));
        Assert.Equal([(CostKind.Serving, 300d)], Kinds(CostStatement.From(spans, Worlds.Ready, s_first, TimeSpan.FromHours(1))));
    }

    [Fact]
    public void WithTwoPricesOrAGuess_NobodySaysWhatTheServingCost()
    {
        CapacitySpan[] prices = [Span(300, ready: 1), Span(300, ready: 1, price: 2 * Second)];
        Assert.All(CostStatement.From(prices, Worlds.Ready, s_first, TimeSpan.FromSeconds(40)).Lines, line => Assert.Equal(CostKind.ServingAndIdle, line.Kind));
        CapacitySpan[] guess = [Span(300, ready: 1) with { Guessed = TimeSpan.FromSeconds(100) }];
        Assert.Equal(
            [(CostSource.Metered, 200d), (CostSource.Estimated, 100d)],
            CostStatement.From(guess, Worlds.Ready, s_first, TimeSpan.FromSeconds(40)).Lines.Select(line => (line.Source, line.Length.TotalSeconds)));
    }

    [Fact]
    public void AnAttemptThatIsOverAndNeverBecameReady_WasAFailedStart()
    {
        CapacitySpan[] spans = [Span(90, starting: 1), Span(30, starting: 1) with { Attempt = 2 }];
        var second = Worlds.Ready with { Attempt = 2, Phase = Phase.LoadingModel };
        Assert.Equal([(CostKind.ColdStart, 30d), (CostKind.FailedStart, 90d)], Kinds(CostStatement.From(spans, second, s_none, busy: null)));
        Assert.Equal([(CostKind.FailedStart, 120d)], Kinds(CostStatement.From(spans, second with { Phase = Phase.Failed }, s_none, busy: null)));
        Assert.Equal([(CostKind.FailedStart, 120d)], Kinds(CostStatement.From(spans, second with { Outcome = AttemptOutcome.Refused }, s_none, busy: null)));
        Assert.Equal([(CostKind.ColdStart, 120d)], Kinds(CostStatement.From(spans, second with { Phase = Phase.Deleted }, new HashSet<int> { 1, 2 }, busy: null)));
    }

    [Fact]
    public void WhatNobodySaw_OrWhosePriceNobodyKnows_IsSaidAndNotCounted()
    {
        var unpriced = Span(60, ready: 1) with { Figures = new CapacityFigures(0, 1, PricePerSecond: null) };
        var statement = CostStatement.From([unpriced, Span(10, ready: 1) with { Unobserved = TimeSpan.FromSeconds(7) }], Worlds.Ready, s_first, busy: null);
        Assert.Equal((0.01m, 60d, 7d), (Math.Round(statement.Usd, 6), statement.Unpriced.TotalSeconds, statement.Unobserved.TotalSeconds));
    }

    private static IEnumerable<(CostKind, double)> Kinds(CostStatement statement) => statement.Lines.Select(line => (line.Kind, line.Length.TotalSeconds));

    private static CapacitySpan Span(int seconds, int starting = 0, int ready = 0, decimal price = Second, decimal storage = 0) => new()
    {
        Deployment = Worlds.Id, Attempt = 1, Backend = new BackendId("one"), Figures = new CapacityFigures(starting, ready, price, storage),
        From = Worlds.Now, SeenAt = Worlds.Now.AddSeconds(seconds), IsOpen = false,
    };
}
