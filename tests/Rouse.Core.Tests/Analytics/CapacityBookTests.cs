using Rouse.Core.Analytics;
using Rouse.Core.Deployments;
using Rouse.Core.Ports;
using Rouse.Core.Tests.Deployments;

namespace Rouse.Core.Tests.Analytics;

public sealed class CapacityBookTests
{
    private static readonly BackendId s_one = new("one");
    private static readonly DeploymentState s_row = Worlds.Ready;
    private static readonly CapacityUser s_creator = User(0, Phase.Ready, attempt: 1);
    private static readonly CapacityUser s_older = User(1, Phase.Ready, attempt: 0);
    private static readonly CapacityUser s_younger = User(2, Phase.Ready, attempt: 0);

    [Fact]
    public void ASharedBackend_IsCountedOnItsCreatorWhileThatLives_ThenOnTheOldestThatUsesIt()
    {
        Assert.Equal((s_creator.Id, 1), Payer(s_younger, s_older, s_creator));
        Assert.Equal((s_older.Id, 0), Payer(s_younger, s_older, Ended(s_creator)));
        Assert.Equal((s_younger.Id, 0), Payer(s_younger, Ended(s_older), Ended(s_creator)));
        Assert.Equal((s_creator.Id, 1), Payer(Ended(s_younger), Ended(s_creator)));
    }

    [Fact]
    public void OnceNobodyIsLeft_ItStaysCountedOnWhomItWasCountedLast()
    {
        var open = new CapacitySpan { Deployment = s_older.Id, Attempt = 0, Backend = s_one, Figures = new(0, 1, 1m), From = Worlds.Now, SeenAt = Worlds.Now };
        var book = new CapacityBook([open], [Ended(s_creator), Ended(s_older)]);
        Assert.Equal(s_older.Id, Sight(book, s_row, Worlds.Backend("one", 1)).Payer);
    }

    [Fact]
    public void WorkersAreReady_AsTheProviderSays_OrAsTheirOwnReportsMovedThePhase()
    {
        var book = new CapacityBook([], [s_creator]);
        Assert.Equal((1, 0), Workers(book, s_row, Worlds.Backend("one", 1)));
        Assert.Equal((0, 1), Workers(book, s_row, Worlds.Backend("one", 1, ready: 1)));
        Assert.Equal((0, 1), Workers(book, s_row, Worlds.Backend("one", 1, status: BackendStatus.Running)));
        Assert.Equal((1, 0), Workers(new([], [s_creator with { Phase = Phase.LoadingModel }]), s_row, Worlds.Backend("one", 1, status: BackendStatus.Running)));
    }

    [Fact]
    public void ThePrice_IsTheOneItWasOrderedAt_AndOfAnOlderAttemptTheOneItWasCountedAt()
    {
        var second = s_row with { Attempt = 2, Backend = new BackendId("two"), Offer = Worlds.Large };
        var book = new CapacityBook([], [s_creator]);
        Assert.Equal(Worlds.Large.PricePerSecond, Sight(book, second, Worlds.Backend("two", 2)).Figures!.PricePerSecond);
        Assert.Null(Sight(book, second, Worlds.Backend("one", 1)).Figures!.PricePerSecond);
        var open = new CapacitySpan { Deployment = s_row.Id, Attempt = 1, Backend = s_one, Figures = new(0, 1, 1m), From = Worlds.Now, SeenAt = Worlds.Now };
        Assert.Equal(1m, Sight(book with { Open = [open] }, second, Worlds.Backend("one", 1)).Figures!.PricePerSecond);
    }

    [Fact]
    public void WhatNobodyLookedAt_IsSeenToLive_WithoutFigures() =>
        Assert.Null(Sight(new([], [s_creator]), s_row, Worlds.Backend("one", 1) with { WorkersKnown = false }).Figures);

    [Fact]
    public void ASpanOfAGoneBackend_IsExpected_UnlessAnotherDeploymentStillUsesIt()
    {
        var open = new CapacitySpan { Deployment = s_row.Id, Attempt = 1, Backend = s_one, Figures = new(0, 1, 1m), From = Worlds.Now, SeenAt = Worlds.Now };
        var ended = s_row with { Phase = Phase.Deleting };
        Assert.Equal([open], new CapacityBook([open], [s_creator]).Expected(ended, []));
        Assert.Equal([open], new CapacityBook([open], [Ended(s_creator), Ended(s_older)]).Expected(ended, []));
        Assert.Empty(new CapacityBook([open], [Ended(s_creator), s_older]).Expected(ended, []));
    }

    private static CapacityUser User(byte number, Phase phase, int attempt) => new(
        DeploymentId.FromRandom([.. Enumerable.Repeat(number, Ids.RandomBytes)]), s_one, phase, attempt, Worlds.Now.AddMinutes(number));

    private static CapacityUser Ended(CapacityUser user) => user with { Phase = Phase.Deleting };

    private static (DeploymentId, int) Payer(params CapacityUser[] users)
    {
        var sighting = Sight(new CapacityBook([], users), s_row, Worlds.Backend("one", 1));
        return (sighting.Payer, sighting.Attempt);
    }

    private static (int, int) Workers(CapacityBook book, DeploymentState row, ObservedBackend backend)
    {
        var figures = Sight(book, row, backend).Figures!;
        return (figures.Starting, figures.Ready);
    }

    private static CapacitySighting Sight(CapacityBook book, DeploymentState row, ObservedBackend backend) => Assert.Single(book.Sightings(row, [backend]));
}
