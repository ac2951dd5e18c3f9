using Rouse.Cli.Terminal;
using Rouse.Contracts.Deployments;

namespace Rouse.Cli.Following;

/// <summary>The start redrawn in place on a terminal.</summary>
internal sealed class LiveStartView : IStartView
{
    private readonly LiveRegion _region;
    private readonly bool _showLogs;

    /// <param name="showLogs">Whether log lines also stay, above the display.</param>
    public LiveStartView(Screen screen, TimeProvider time, bool showLogs)
    {
        var page = new StartPage(screen);
        _showLogs = showLogs;
        _region = new LiveRegion(screen, time, frame =>
        {
            lock (Progress) return page.Draw(Progress, time.GetUtcNow(), frame);
        });
    }

    public StartProgress Progress { get; } = new();

    public void Changed(LogLine? line)
    {
        if (line is not null && _showLogs) _region.WriteAbove(Screen.Tint("dim", $"    {line.Level.ToUpperInvariant(),-5} {line.Message}"));
    }

    public ValueTask DisposeAsync() => _region.DisposeAsync();
}
