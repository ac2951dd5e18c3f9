using Rouse.Core.Jobs;

namespace Rouse.Core.Tests.Jobs;

public sealed class JobRulesTests
{
    [Fact]
    public void Ids_SortByTimeAndSayWhetherSomebodyWaits()
    {
        var now = DateTimeOffset.UnixEpoch.AddYears(60);
        var high = Enumerable.Repeat((byte)255, JobId.RandomBytes).ToArray();
        var earlier = JobId.New(now, high, sync: false).Value;
        var later = JobId.New(now.AddMilliseconds(1), new byte[JobId.RandomBytes], sync: false).Value;

        Assert.True(string.CompareOrdinal(earlier, later) < 0);
        Assert.Equal("sync-" + later, JobId.New(now.AddMilliseconds(1), new byte[JobId.RandomBytes], sync: true).Value);
        Assert.True(JobId.TryParse(later, out _));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("a/b")]
    [InlineData("a'--")]
    [InlineData("12345678901234567890123456789012345678901234567890123456789012345")]
    public void TryParse_OfWhatCannotBeAnId_SaysNo(string? text) => Assert.False(JobId.TryParse(text, out _));

    [Fact]
    public void Statuses_KeepTheirWords()
    {
        foreach (var status in Enum.GetValues<JobStatus>()) Assert.Equal(status, JobStatuses.Parse(status.Word()));
        Assert.Equal([JobStatus.Failed, JobStatus.TimedOut], Enum.GetValues<JobStatus>().Where(status => status.MayRetry()));
        Assert.Equal([JobStatus.InQueue, JobStatus.InProgress], Enum.GetValues<JobStatus>().Where(status => !status.HasEnded()));
    }

    [Theory]
    [InlineData(null, null, true)]
    [InlineData(5_000L, 10_000L, true)]
    [InlineData(604_800_000L, 604_800_000L, true)]
    [InlineData(4_999L, null, false)]
    [InlineData(604_800_001L, null, false)]
    [InlineData(null, 9_999L, false)]
    [InlineData(null, long.MaxValue, false)]
    [InlineData(long.MinValue, null, false)]
    public void Terms_KeepRunpodsBounds(long? execution, long? ttl, bool accepted)
    {
        Assert.Equal(accepted, JobTerms.TryCreate(execution, ttl, lowPriority: false, out var refusal) is not null);
        Assert.Equal(accepted, refusal is null);
    }

    [Fact]
    public void Terms_LeftOut_AreRunpodsDefaults() =>
        Assert.Equal((600_000, 86_400_000), (JobTerms.Default.ExecutionTimeout.TotalMilliseconds, JobTerms.Default.TimeToLive.TotalMilliseconds));
}
