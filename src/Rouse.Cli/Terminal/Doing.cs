namespace Rouse.Cli.Terminal;

/// <summary>One line that says what is being done and for how long, on a terminal, until it is done; then the line is gone.</summary>
internal sealed class Doing : IAsyncDisposable
{
    private readonly LiveRegion? _region;
    private volatile string _words;
    private volatile bool _isDone;

    public Doing(Screen screen, TimeProvider time, string words)
    {
        var started = time.GetTimestamp();
        _words = words;
        if (!screen.IsLive) return;
        _region = new LiveRegion(screen, time, frame => _isDone
            ? []
            : [StepLine.Markup(screen, Screen.Tint("yellow", StepLine.Spinner(screen, frame)), _words, time.GetElapsedTime(started).TotalSeconds)]);
    }

    public void Say(string words) => _words = words;

    public async ValueTask DisposeAsync()
    {
        _isDone = true;
        if (_region is not null) await _region.DisposeAsync();
    }
}
