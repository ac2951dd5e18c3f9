using Rouse.Core.Analytics;
using Rouse.Core.Deployments;
using Rouse.Core.Ports;
using Rouse.Core.Tests.Deployments;

namespace Rouse.Core.Tests.Analytics;

public sealed class CapacityLedgerTests
{
    private static readonly CapacityLimits s_limits = new();
    private static readonly CapacityFigures s_one = new(Starting: 0, Ready: 1, PricePerSecond: 0.001m);
    private static readonly CapacityFigures s_two = s_one with { Ready = 2 };
    private static readonly CapacityFigures s_none = s_one with { Ready = 0 };
    private readonly List<CapacitySpan> _stored = [];
    private readonly Dictionary<long, DateTimeOffset> _seen = [];
    private DateTimeOffset _now = Worlds.Now;

    [Fact]
    public void TheSameLookTwice_ChangesNothing()
    {
        Look(s_one);
        Assert.Equal(1, Changes(s_one, after: 0) + Changes(s_one, after: 0) + _stored.Count);
    }

    [Fact]
    public void WhatGoesOn_IsWrittenOnlyOftenEnoughToSurviveACrash()
    {
        Look(s_one);
        Assert.Equal(0, Changes(s_one, after: 15) + Changes(s_one, after: 15) + Changes(s_one, after: 15));
        Assert.Equal(1, Changes(s_one, after: 15));
        Assert.Equal(60, Assert.Single(_stored).Length.TotalSeconds);
    }

    [Fact]
    public void AWatchedChange_EndsOneStepWhereTheNextBegins()
    {
        Look(s_one);
        Look(s_two, after: 15);
        Look(s_none, after: 15);
        Assert.Equal([(1, 15d), (2, 15d)], _stored.Select(span => (span.Figures.Ready, span.Length.TotalSeconds)));
        Assert.All(_stored, span => Assert.Equal((false, TimeSpan.Zero, TimeSpan.Zero), (span.IsOpen, span.Guessed, span.Unobserved)));
    }

    [Fact]
    public void WhatIsGone_EndsWhereItWasLastSeen_AndTheRestIsUnobserved()
    {
        Look(s_one);
        Look(s_one, after: 50);
        Look(after: 12);
        var span = Assert.Single(_stored);
        Assert.Equal((50d, 12d, false), (span.Length.TotalSeconds, span.Unobserved.TotalSeconds, span.IsOpen));
    }

    [Fact]
    public void AfterACrash_WhatLivesOnAsItWasGoesOn_AndTheTimeBetweenIsTakenForAGuess()
    {
        Look(s_one);
        _seen.Clear();
        Look(s_one, after: 3600);
        var span = Assert.Single(_stored);
        Assert.Equal((3600d, 3600d, true), (span.Length.TotalSeconds, span.Guessed.TotalSeconds, span.IsOpen));
        Look(s_one, after: 60);
        Assert.Equal((3660d, 3600d), (_stored[0].Length.TotalSeconds, _stored[0].Guessed.TotalSeconds));
    }

    [Fact]
    public void AfterACrash_WhatIsGoneOrAnother_GetsNoTimeThatNobodySaw()
    {
        Look(s_one);
        _seen.Clear();
        Look(s_two, after: 3600);
        Assert.Equal((0d, 3600d), (_stored[0].Length.TotalSeconds, _stored[0].Unobserved.TotalSeconds));
        Assert.Equal((_now, true), (_stored[1].From, _stored[1].IsOpen));
        Look(after: 3600);
        Assert.Equal((0d, 3600d), (_stored[1].Length.TotalSeconds, _stored[1].Unobserved.TotalSeconds));
    }

    [Fact]
    public void AnotherReplicasClockThatIsAhead_MakesNoSpanShorter()
    {
        Look(s_one);
        Look(s_one, after: 60);
        Look(s_one, after: -30);
        Look(after: 10);
        var span = Assert.Single(_stored);
        Assert.Equal((60d, 0d), (span.Length.TotalSeconds, span.Unobserved.TotalSeconds));
    }

    [Fact]
    public void ABackendAtWhichNobodyCouldLook_KeepsItsSpanOpen_AndSeesNothing()
    {
        Look(s_one);
        Note([Sight(figures: null)], after: 60);
        Assert.Equal((TimeSpan.Zero, true), (_stored[0].Length, _stored[0].IsOpen));
        Look(s_one, after: 15);
        Assert.Equal((75d, 0d), (_stored[0].Length.TotalSeconds, _stored[0].Guessed.TotalSeconds));
    }

    [Fact]
    public void ABackendWithoutWorkers_CostsOnlyWhatItStores()
    {
        Look(s_none);
        Assert.Empty(_stored);
        Look(s_none with { StoragePerHour = 0.01m });
        Assert.Single(_stored);
    }

    private static CapacitySighting Sight(CapacityFigures? figures) => new(Worlds.Id, 1, new BackendId("one"), figures);

    private void Look(CapacityFigures figures, double after = 0) => Note([Sight(figures)], after);

    private void Look(double after) => Note([], after);

    private int Changes(CapacityFigures figures, double after) => Note([Sight(figures)], after).Changed.Count;

    private LedgerPage Note(IReadOnlyList<CapacitySighting> seen, double after)
    {
        _now = _now.AddSeconds(after);
        var page = CapacityLedger.Note(_stored.FindAll(span => span.IsOpen), seen, id => _seen.TryGetValue(id, out var at) ? at : null, _now, s_limits);
        foreach (var span in page.Changed)
        {
            if (span.Id == 0) _stored.Add(span with { Id = _stored.Count + 1 });
            else _stored[(int)span.Id - 1] = span;
        }

        foreach (var id in page.Confirmed) _seen[id] = _seen.GetValueOrDefault(id) > _now ? _seen[id] : _now;
        return page;
    }
}
