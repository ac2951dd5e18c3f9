using Rouse.Core.Deployments;
using Rouse.Core.Webhooks;

namespace Rouse.Core.Tests.Webhooks;

public sealed class EventFilterTests
{
    [Theory]
    [InlineData("*", 8)]
    [InlineData("deployment.*", 4)]
    [InlineData("job.*", 4)]
    [InlineData("deployment.ready", 1)]
    [InlineData("deployment.ready job.*", 5)]
    public void AFilter_MatchesWhatItNames(string filter, int matches) =>
        Assert.Equal(matches, EventTypes.All.Count(EventFilter.Parse(filter).Matches));

    [Fact]
    public void TheDefault_IsHowAStartAndALifeEnd() =>
        Assert.Equal([EventTypes.Ready, EventTypes.Failed, EventTypes.Deleted], EventTypes.All.Where(EventFilter.Default.Matches));

    [Theory]
    [InlineData]
    [InlineData("")]
    [InlineData("deployment")]
    [InlineData("Deployment.Ready")]
    [InlineData("deployment.ready", "dep.*")]
    [InlineData("webhook.test")]
    public void WhatIsNoEvent_IsRefused(params string[] patterns) => Assert.False(EventFilter.TryCreate(patterns, out _));

    [Fact]
    public void Repeats_CountOnce()
    {
        Assert.True(EventFilter.TryCreate(["*", "*"], out var filter));
        Assert.Equal("*", filter!.ToString());
    }

    [Fact]
    public void EveryPhase_HasOneType() => Assert.Equal(
        [EventTypes.Deleted, EventTypes.Failed, EventTypes.PhaseChanged, EventTypes.Ready],
        Enum.GetValues<Phase>().Select(EventTypes.Of).Distinct().Order(StringComparer.Ordinal));
}
