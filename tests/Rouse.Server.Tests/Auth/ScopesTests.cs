using Rouse.Server.Auth;

namespace Rouse.Server.Tests.Auth;

public sealed class ScopesTests
{
    [Theory]
    [InlineData("read", "read")]
    [InlineData("run", "read run")]
    [InlineData("deploy read", "read run deploy")]
    [InlineData("keys", "read run deploy keys")]
    [InlineData("admin", "admin")]
    [InlineData("admin run", "read run admin")]
    public void EachHoldsThoseBeforeIt_AndAdminStandsAlone(string given, string held)
    {
        Assert.True(Scopes.TryParse(given.Split(' '), out var scopes));
        Assert.Equal(held, scopes.ToString());
        Assert.True(Scopes.TryParse(scopes.Words, out var again));
        Assert.Equal(scopes, again);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Read")]
    [InlineData("read write")]
    [InlineData("0")]
    public void OtherWords_AreNoScopes(string words) => Assert.False(Scopes.TryParse(words.Split(' '), out _));

    [Fact]
    public void NoScopes_AreNotParsed()
    {
        Assert.False(Scopes.TryParse([], out _));
        Assert.False(Scopes.TryParse(null, out _));
    }

    [Fact]
    public void Sets_AreCompared()
    {
        Assert.True(Scopes.All.Hold(Scopes.Tenant));
        Assert.False(Scopes.Tenant.Hold(Scopes.All));
        Assert.False(Scopes.Of(Scope.Admin).Hold(Scopes.Of(Scope.Read)));
    }
}
