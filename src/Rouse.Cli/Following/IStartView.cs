using Rouse.Contracts.Deployments;

namespace Rouse.Cli.Following;

/// <summary>Shows a start as it goes on: redrawn in place on a terminal, line by line elsewhere, or not at all.</summary>
internal interface IStartView : IAsyncDisposable
{
    StartProgress Progress { get; }

    /// <param name="line">The log line that just came, if it was one.</param>
    void Changed(LogLine? line);
}

/// <summary>For <c>--quiet</c>.</summary>
internal sealed class SilentStartView : IStartView
{
    public StartProgress Progress { get; } = new();

    public void Changed(LogLine? line)
    {
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
