using Rouse.Providers.Runpod;

namespace Rouse.Providers.Tests.Runpod;

public sealed class NamesTests
{
    private const string Ours = "rouse-0123abcd-00000000000000000000000001-3";

    [Theory]
    [InlineData(Ours)]
    [InlineData(Ours + " -fb")]
    public void OurNames_AreKnown_MarkedForFlashBootOrNot(string shown)
    {
        Assert.True(RunpodNames.TryParse(shown, out var name));
        Assert.Equal(Ours, name.ToString());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" -fb")]
    [InlineData("my-endpoint")]
    [InlineData(Ours + "-fb")]
    [InlineData(Ours + " -fb -fb")]
    [InlineData(Ours + "x")]
    [InlineData("rouse-0123abcd-00000000000000000000000001-03")]
    [InlineData("rouse-0123abcd-prod-3")]
    public void WhatOnlyLooksLikeOurs_IsNot(string? shown) => Assert.False(RunpodNames.TryParse(shown, out _));
}
