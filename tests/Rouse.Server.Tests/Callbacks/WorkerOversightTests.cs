namespace Rouse.Server.Tests.Callbacks;

public sealed class WorkerOversightTests
{
    [Theory]
    [InlineData("LOG_STREAM_MAX_ENTRIES", "9")]
    [InlineData("LOG_STREAM_MAX_ENTRIES", "5001")]
    [InlineData("LOG_STREAM_TTL_SECONDS", "59")]
    [InlineData("LOG_STREAM_TTL_SECONDS", "ten")]
    [InlineData("CLEANUP_IDLE_TIMEOUT_SECONDS", "7201")]
    [InlineData("CLEANUP_FAILURE_THRESHOLD", "0")]
    public void Setting_OutOfItsBounds_IsRefusedByName(string name, string value) => Assert.StartsWith(
        name, Assert.Throws<RouseHostException>(() => WorkerOversight.FromEnvironment(asked => asked == name ? value : null)).Message, StringComparison.Ordinal);

    [Fact]
    public void WithoutSettings_TheSeedsFiguresHold() => Assert.Equal(
        new WorkerOversight
        {
            LogStreamMaxEntries = 500, LogStreamTtl = TimeSpan.FromSeconds(3600), CleanupIdleTimeout = TimeSpan.FromSeconds(900), CleanupFailureThreshold = 3,
        },
        WorkerOversight.FromEnvironment(static _ => null));
}
