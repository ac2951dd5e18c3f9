using System.Text.Json;
using Rouse.Core.Tenancy;

namespace Rouse.Core.Tests.Tenancy;

public sealed class TenancyTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("tenant_1-x")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123")]
    public void TenantId_OfItsAlphabet_Parses(string text) => Assert.Equal(text, TenantId.Parse(text).Value);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("Tenant")]
    [InlineData("a b")]
    [InlineData("a/b")]
    [InlineData("ä")]
    [InlineData("a\0")]
    [InlineData("01234567890123456789012345678901234567890123456789012345678901234")]
    public void TenantId_OfAnythingElse_DoesNotParse(string? text) => Assert.False(TenantId.TryParse(text, out _));

    [Fact]
    public void Hash8_IsEightHexDigits_OfSha256()
    {
        // printf %s tenant | sha256sum
        Assert.Equal("e9da86d3", TenantId.Parse("tenant").Hash8);
        Assert.NotEqual(TenantId.Parse("tenant").Hash8, TenantIds.Other.Hash8);
    }

    [Fact]
    public void Secret_ShowsNothing_HoweverItIsPrinted()
    {
        const string canary = "canary-4711";
        var secret = new Secret(canary);
        string[] shown = [secret.ToString(), $"{secret}", string.Concat("x", secret), JsonSerializer.Serialize(secret), new { secret }.ToString()!];
        Assert.All(shown, text => Assert.DoesNotContain(canary, text, StringComparison.Ordinal));
        Assert.Equal("***", secret.ToString());
        Assert.Equal(canary, secret.Reveal(SecretPurpose.ProviderCall));
    }

    [Fact]
    public void Secret_IsRevealedForNamedPurposesOnly_AndNeverEmpty()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new Secret("x").Reveal((SecretPurpose)99));
        Assert.Throws<ArgumentException>(() => new Secret(""));
        Assert.Equal(new Secret("x"), new Secret("x"));
    }
}
