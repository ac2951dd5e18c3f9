using System.Text;
using Rouse.Contracts.Webhooks;
using Xunit;

namespace Rouse.Contracts.Tests.Webhooks;

public sealed class WebhookSignatureTests
{
    // The vector of the specification's own libraries.
    private const string Id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    private const long At = 1614265330;
    private const string Signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    private static readonly byte[] s_body = Encoding.UTF8.GetBytes("{\"test\": 2432232314}");

    private static WebhookSecret Secret =>
        WebhookSecret.TryParse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", out var secret) ? secret! : throw new InvalidOperationException();

    [Fact]
    public void Sign_OfTheSpecificationsExample_IsItsSignature() => Assert.Equal(Signature, WebhookSignature.Sign(Secret, Id, At, s_body));

    [Theory]
    [InlineData(Signature, At, 0, true)]
    [InlineData("v1,AAAA " + Signature, At, 0, true)]
    [InlineData("v1a,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", At, 0, false)]
    [InlineData(Signature, At, 300, true)]
    [InlineData(Signature, At, -300, true)]
    [InlineData(Signature, At, 301, false)]
    [InlineData(Signature, At, -301, false)]
    [InlineData(Signature, At + 1, 0, false)]
    [InlineData("v1,", At, 0, false)]
    [InlineData("", At, 0, false)]
    public void Verify_TakesOneGoodEntryInTime(string header, long timestamp, int later, bool expected)
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(At + later);

        Assert.Equal(expected, WebhookSignature.Verify(Secret, Id, $"{timestamp}", header, s_body, now));
    }

    [Theory]
    [InlineData(null, "1614265330")]
    [InlineData("a.b", "1614265330")]
    [InlineData(Id, "-1")]
    [InlineData(Id, "99999999999999999999")]
    [InlineData(Id, null)]
    public void Verify_OfMalformedHeaders_IsFalse(string? id, string? timestamp) =>
        Assert.False(WebhookSignature.Verify(Secret, id, timestamp, Signature, s_body, DateTimeOffset.FromUnixTimeSeconds(At)));

    [Theory]
    [InlineData("whsec_")]
    [InlineData("whsec_MfKQ")]
    [InlineData("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    [InlineData("whsec_not base64, not at all, not in the least!")]
    public void TryParse_OfWhatIsNoKey_IsFalse(string text) => Assert.False(WebhookSecret.TryParse(text, out _));

    [Fact]
    public void ToString_ShowsNothing() => Assert.Equal("***", $"{Secret}");
}
