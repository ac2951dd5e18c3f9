using Rouse.Core.Webhooks;

namespace Rouse.Core.Tests.Webhooks;

public sealed class DeliveryRulesTests
{
    private static readonly DateTimeOffset s_now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(200)]
    [InlineData(201)]
    [InlineData(204)]
    [InlineData(299)]
    public void Any2xx_IsDelivered(int status) => Assert.Equal(new Verdict(DeliveryEnd.Delivered, TryFailure.None), Judge(1, new TryResult(status)));

    [Theory]
    [InlineData(101, TryFailure.Refused)]
    [InlineData(199, TryFailure.Refused)]
    [InlineData(300, TryFailure.Redirected)]
    [InlineData(302, TryFailure.Redirected)]
    [InlineData(308, TryFailure.Redirected)]
    [InlineData(400, TryFailure.Refused)]
    [InlineData(401, TryFailure.Refused)]
    [InlineData(404, TryFailure.Refused)]
    [InlineData(500, TryFailure.Refused)]
    public void AnyOtherStatus_IsTriedAgain_WithoutAPause(int status, TryFailure failure) =>
        Assert.Equal(new Verdict(DeliveryEnd.None, failure, s_now.AddSeconds(5)), Judge(1, new TryResult(status)));

    [Theory]
    [InlineData(TryFailure.TimedOut)]
    [InlineData(TryFailure.Unreachable)]
    [InlineData(TryFailure.Broken)]
    [InlineData(TryFailure.NotSigned)]
    public void NoAnswer_IsTriedAgain(TryFailure failure) =>
        Assert.Equal(new Verdict(DeliveryEnd.None, failure, s_now.AddSeconds(5)), Judge(1, new TryResult(null, failure)));

    [Fact]
    public void TheSchedule_HasTenTriesInThreeDays_ThenADeadLetter()
    {
        var at = s_now;
        List<TimeSpan> tries = [TimeSpan.Zero];
        for (var n = 1; n < 10; n++)
        {
            at = DeliveryRules.Judge(DeliveryPolicy.Standard, n, new TryResult(500), at, chance: 0).NextAt!.Value;
            tries.Add(at - s_now);
        }

        Assert.Equal(
            [0, 5, 305, 2105, 9305, 27_305, 63_305, 113_705, 185_705, 272_105],
            tries.Select(after => after.TotalSeconds));
        Assert.Equal(new Verdict(DeliveryEnd.Dead, TryFailure.Refused), Judge(10, new TryResult(500)));
    }

    [Fact]
    public void Chance_AddsATenthAtMost() =>
        Assert.Equal(s_now.AddMinutes(5.5), DeliveryRules.Judge(DeliveryPolicy.Standard, 2, new TryResult(500), s_now, chance: 1).NextAt);

    [Fact]
    public void Gone_DisablesTheEndpoint() => Assert.Equal(new Verdict(DeliveryEnd.Dead, TryFailure.Gone, Disable: true), Judge(1, new TryResult(410)));

    [Theory]
    [InlineData(429)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(504)]
    public void AnOverloadedReceiver_IsGivenAPause(int status) =>
        Assert.Equal(new Verdict(DeliveryEnd.None, TryFailure.Refused, s_now.AddSeconds(5), s_now + DeliveryRules.ShortestPause), Judge(1, new TryResult(status)));

    [Theory]
    [InlineData(-60, 5, 5)]
    [InlineData(1, 5, 5)]
    [InlineData(60, 60, 60)]
    [InlineData(7200, 7200, 3600)]
    [InlineData(1_000_000_000, 86_400, 3600)]
    public void RetryAfter_IsHonouredWithinBounds(int seconds, int next, int pause) => Assert.Equal(
        new Verdict(DeliveryEnd.None, TryFailure.Refused, s_now.AddSeconds(next), s_now.AddSeconds(pause)),
        Judge(1, new TryResult(429, RetryAfter: TimeSpan.FromSeconds(seconds))));

    [Fact]
    public void RetryAfter_NeverShortensTheSchedule() =>
        Assert.Equal(s_now.AddHours(24), Judge(9, new TryResult(500, RetryAfter: TimeSpan.FromSeconds(1))).NextAt);

    [Theory]
    [InlineData(201)]
    [InlineData(204)]
    [InlineData(302)]
    [InlineData(410)]
    [InlineData(429)]
    [InlineData(500)]
    public void AJobsOwnWebhook_FollowsRunpodsRule(int status)
    {
        var result = new TryResult(status, RetryAfter: TimeSpan.FromHours(1));
        for (var n = 1; n <= 2; n++)
        {
            var verdict = DeliveryRules.Judge(DeliveryPolicy.Runpod, n, result, s_now, chance: 1);
            Assert.Equal((DeliveryEnd.None, s_now.AddSeconds(10), null, false), (verdict.End, verdict.NextAt, verdict.PausedUntil, verdict.Disable));
        }

        Assert.Equal(DeliveryEnd.Dead, DeliveryRules.Judge(DeliveryPolicy.Runpod, 3, result, s_now, chance: 1).End);
        Assert.Equal(DeliveryEnd.Delivered, DeliveryRules.Judge(DeliveryPolicy.Runpod, 3, new TryResult(200), s_now, chance: 1).End);
    }

    private static Verdict Judge(int tries, TryResult result) => DeliveryRules.Judge(DeliveryPolicy.Standard, tries, result, s_now, chance: 0);
}
