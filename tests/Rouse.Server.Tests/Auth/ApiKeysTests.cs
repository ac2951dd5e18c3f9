using Rouse.Server.Auth;

namespace Rouse.Server.Tests.Auth;

public sealed class ApiKeysTests
{
    [Fact]
    public void Find_TellsWhoseKeyItIs()
    {
        var keys = ApiKeys.Parse("alice=0123456789abcdef0, fedcba98765432100 ");
        Assert.Equal("alice", keys.Find("0123456789abcdef0")?.Tenant.Value);
        Assert.Equal("default", keys.Find("fedcba98765432100")?.Tenant.Value);
        Assert.Null(keys.Find("0123456789abcdef"));
        Assert.Null(keys.Find("alice=0123456789abcdef0"));
    }

    [Fact]
    public void OnlyTheOperator_MayOperateTheServer()
    {
        var keys = ApiKeys.Parse("alice=0123456789abcdef0,fedcba98765432100", "the-admin-key-of-it-all");
        Assert.False(keys.Find("0123456789abcdef0")!.Scopes.Holds(Scope.Admin));
        Assert.True(keys.Find("0123456789abcdef0")!.Scopes.Holds(Scope.Keys));
        Assert.True(keys.Find("fedcba98765432100")!.Scopes.Holds(Scope.Admin));
        Assert.True(keys.Find("the-admin-key-of-it-all")!.Scopes.Holds(Scope.Admin));
        Assert.Throws<FormatException>(() => ApiKeys.Parse(null, "too-short"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" , ")]
    public void Nothing_IsNoKey(string? text) => Assert.False(ApiKeys.Parse(text).Any);

    [Fact]
    public void ShortKey_IsRefusedWithoutShowingIt()
    {
        var error = Assert.Throws<FormatException>(() => ApiKeys.Parse("alice=0123456789abcdef0,bob=hunter2"));
        Assert.Contains("API key 2", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", error.Message, StringComparison.Ordinal);
    }
}
