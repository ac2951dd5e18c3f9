using System.Globalization;
using System.Text;

namespace Rouse.Cli.Terminal;

/// <summary>
/// Lines at the bottom of a terminal that are drawn again in place, ten times a second. Lines that are too long are cut by the terminal, not
/// wrapped, so the number of lines is their height; a frame is one write, so nothing tears.
/// </summary>
/// <remarks>Control sequences as in ECMA-48 §8.3 (CUU, EL, ED) and DEC's private modes 7 (wrap) and 25 (cursor).</remarks>
internal sealed class LiveRegion : IAsyncDisposable
{
    private const string HideCursor = "\e[?25l";
    private const string ShowCursor = "\e[?25h";
    private const string CutLines = "\e[?7l";
    private const string WrapLines = "\e[?7h";
    private const string EraseLine = "\e[K";
    private const string EraseBelow = "\e[J";

    /// <summary>Often enough for a tenth of a second to be seen ticking, seldom enough to cost nothing.</summary>
    private static readonly TimeSpan s_redraw = TimeSpan.FromMilliseconds(100);

    private readonly Screen _screen;
    private readonly TimeProvider _time;
    private readonly Func<int, IReadOnlyList<string>> _draw;
    private readonly CancellationTokenSource _end = new();
    private readonly Lock _drawing = new();
    private readonly Task _ticking;
    private int _frame;
    private int _height;

    /// <param name="draw">Gives the lines, in markup; is told how many times it was asked, and asked once more at the end.</param>
    public LiveRegion(Screen screen, TimeProvider time, Func<int, IReadOnlyList<string>> draw)
    {
        _screen = screen;
        _time = time;
        _draw = draw;
        _ticking = TickAsync();
    }

    /// <summary>Leaves what is drawn last and gives the cursor back.</summary>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _ticking;
        Draw();
        _screen.Raw(ShowCursor);
        _end.Dispose();
    }

    private async Task TickAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            Draw();
            await Task.Delay(s_redraw, _time, _end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Draw()
    {
        lock (_drawing)
        {
            var lines = _draw(_frame++);
            var frame = new StringBuilder(HideCursor);
            if (_height > 0) frame.Append(CultureInfo.InvariantCulture, $"\r\e[{_height}A");
            frame.Append(CutLines);
            foreach (var line in lines) frame.Append(_screen.Ansi(line)).Append(EraseLine).Append('\n');
            frame.Append(WrapLines).Append(EraseBelow);
            _height = lines.Count;
            _screen.Raw(frame.ToString());
        }
    }
}
