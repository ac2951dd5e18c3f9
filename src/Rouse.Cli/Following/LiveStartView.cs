using Rouse.Cli.Terminal;
using Rouse.Contracts.Deployments;

namespace Rouse.Cli.Following;

/// <summary>The start redrawn in place on a terminal.</summary>
internal sealed class LiveStartView : IStartView
{
    private readonly LiveRegion _region;

    public LiveStartView(Screen screen, TimeProvider time)
    {
        var page = new StartPage(screen);
        _region = new LiveRegion(screen, time, frame =>
        {
            lock (Progress) return page.Draw(Progress, time.GetUtcNow(), frame);
        });
    }

    public StartProgress Progress { get; } = new();

    public void Changed(LogLine? line)
    {
        // The region draws by itself.
    }

    public ValueTask DisposeAsync() => _region.DisposeAsync();
}
