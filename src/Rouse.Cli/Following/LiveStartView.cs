using Rouse.Cli.Terminal;
using Rouse.Contracts.Deployments;
using Spectre.Console;

namespace Rouse.Cli.Following;

/// <summary>The start redrawn in place on a terminal.</summary>
internal sealed class LiveStartView : IStartView
{
    /// <summary>Often enough for a tenth of a second to be seen ticking, seldom enough to cost nothing.</summary>
    private static readonly TimeSpan s_redraw = TimeSpan.FromMilliseconds(100);

    private readonly Screen _screen;
    private readonly TimeProvider _time;
    private readonly StartPage _page;
    private readonly bool _showLogs;
    private readonly CancellationTokenSource _end = new();
    private readonly Task _drawing;

    public LiveStartView(Screen screen, TimeProvider time, bool showLogs)
    {
        _screen = screen;
        _time = time;
        _showLogs = showLogs;
        _page = new StartPage(screen);
        _drawing = screen.Notes.Live(Text.Empty).AutoClear(false).StartAsync(DrawAsync);
    }

    public StartProgress Progress { get; } = new();

    public void Changed(LogLine? line)
    {
        // Written above the display, where it stays.
        if (line is not null && _showLogs) _screen.Notes.MarkupLine(_screen.Tint("dim", $"    {line.Level.ToUpperInvariant(),-5} {line.Message}"));
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _drawing;
        _end.Dispose();
    }

    private async Task DrawAsync(LiveDisplayContext display)
    {
        using var timer = new PeriodicTimer(s_redraw, _time);
        for (var frame = 0; ; frame++)
        {
            lock (Progress) display.UpdateTarget(_page.Draw(Progress, _time.GetUtcNow(), frame));
            display.Refresh();
            if (_end.IsCancellationRequested) return;
            try
            {
                await timer.WaitForNextTickAsync(_end.Token);
            }
            catch (OperationCanceledException)
            {
                // One last drawing shows how it ended.
            }
        }
    }
}
