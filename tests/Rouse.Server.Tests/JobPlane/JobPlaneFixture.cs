using Rouse.Core.Jobs;

namespace Rouse.Server.Tests.JobPlane;

/// <summary>One server for the tests of one class; each takes a deployment of its own on it. Polls are short.</summary>
public class JobPlaneFixture : IAsyncLifetime
{
    private JobPlaneApp? _app;

    protected virtual JobLimits Limits { get; } = new() { PollHold = TimeSpan.FromMilliseconds(200), StreamHold = TimeSpan.FromMilliseconds(200) };

    public async Task InitializeAsync() => _app = await JobPlaneApp.StartAsync(Limits);

    public async Task DisposeAsync() => await _app!.DisposeAsync();

    internal JobPlaneApp NewDeployment() => _app!.WithNewDeployment();
}

/// <summary>With results and items bounded so low that a test can pass the bounds.</summary>
public sealed class SmallResultsFixture : JobPlaneFixture
{
    protected override JobLimits Limits { get; } =
        new() { PollHold = TimeSpan.FromMilliseconds(200), StreamHold = TimeSpan.FromMilliseconds(200), MaxResult = 4096, MaxChunk = 1024 };
}

/// <summary>With polls that are as good as never held.</summary>
public sealed class ShortPollsFixture : JobPlaneFixture
{
    protected override JobLimits Limits { get; } = new()
    {
        PollHold = TimeSpan.FromMilliseconds(30), DrainedPollHold = TimeSpan.FromMilliseconds(30), StreamHold = TimeSpan.FromMilliseconds(30),
    };
}

/// <summary>With polls held for minutes: whatever returns was woken.</summary>
public sealed class LongPollsFixture : JobPlaneFixture
{
    protected override JobLimits Limits { get; } = new() { PollHold = TimeSpan.FromMinutes(5), DrainedPollHold = TimeSpan.FromMilliseconds(50) };
}
