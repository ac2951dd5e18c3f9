using Rouse.Core.Deployments;
using Rouse.Core.Tenancy;
using Rouse.Server.Auth;

namespace Rouse.Server.Tests.Auth;

public sealed class AttemptTokensTests
{
    private static readonly DeploymentId s_one = DeploymentId.FromRandom("0123456789abcdef"u8);
    private static readonly DeploymentId s_other = DeploymentId.FromRandom("fedcba9876543210"u8);
    private readonly AttemptTokens _tokens = new([.. Enumerable.Range(0, 32).Select(i => (byte)i)]);

    [Fact]
    public void Token_OpensItsOwnAttempt() => Assert.True(_tokens.Matches(s_one, 3, Token(s_one, 3)));

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public void Token_OfAnotherAttempt_OpensNothing(int attempt) => Assert.False(_tokens.Matches(s_one, 3, Token(s_one, attempt)));

    [Fact]
    public void Token_OfAnotherDeployment_OpensNothing() => Assert.False(_tokens.Matches(s_one, 3, Token(s_other, 3)));

    [Fact]
    public void Token_OfAnotherInstallation_OpensNothing() =>
        Assert.False(_tokens.Matches(s_one, 3, new AttemptTokens(new byte[32]).For(s_one, 3).Reveal(SecretPurpose.WorkerEnvironment)));

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("not/base64url+not/base64url+not/base64url+n")]
    [InlineData("ÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄ")]
    public void Garbage_OpensNothing(string presented) => Assert.False(_tokens.Matches(s_one, 3, presented));

    private string Token(DeploymentId id, int attempt) => _tokens.For(id, attempt).Reveal(SecretPurpose.WorkerEnvironment);
}
