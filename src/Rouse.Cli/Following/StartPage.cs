using System.Globalization;
using Rouse.Cli.Api;
using Rouse.Cli.Terminal;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Rouse.Cli.Following;

/// <summary>
/// Draws a start. The columns never move:
/// <code>
///   ✓ creating endpoint      0.3 s
///   ⠹ downloading model      3.2 s   ━━━━━━━━━━━━━━──────────  345.0 MB of 640.0 MB (54 %)  98.0 MB/s
///     about 12 s to go
/// </code>
/// </summary>
internal sealed class StartPage(Screen screen)
{
    private const int PhaseColumn = 20;
    private const int SecondsColumn = 9;
    private const int BarCells = 24;
    private const int LogLines = 3;

    /// <summary>A rate over less than this is noise.</summary>
    private static readonly TimeSpan s_shortestSpan = TimeSpan.FromMilliseconds(500);

    private const string Spinner = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏";
    private const string AsciiSpinner = "|/-\\";

    /// <param name="frame">Counts drawings: turns the spinner.</param>
    public IRenderable Draw(StartProgress progress, DateTimeOffset here, int frame)
    {
        List<IRenderable> lines = [];
        for (var i = 0; i < progress.Phases.Count; i++)
        {
            var isCurrent = i == progress.Phases.Count - 1 && !progress.IsOver;
            lines.Add(new Markup(PhaseLine(progress, i, isCurrent, here, frame)) { Overflow = Overflow.Ellipsis });
        }

        if (progress.IsOver) return new Rows(lines);
        foreach (var hint in Hints(progress)) lines.Add(new Markup("    " + hint) { Overflow = Overflow.Ellipsis });
        if (progress.Logs.Count > 0) lines.Add(Text.Empty);
        foreach (var log in progress.Logs.TakeLast(LogLines)) lines.Add(new Markup("    " + screen.Tint("dim", Fit(log.Message))));
        return new Rows(lines);
    }

    private string PhaseLine(StartProgress progress, int index, bool isCurrent, DateTimeOffset here, int frame)
    {
        var phase = progress.Phases[index].Phase;
        var word = PhaseWords.Spoken(phase).PadRight(PhaseColumn);
        // The phase it ended in has no time of its own: the time it took to get there stands at its line.
        var isEnd = progress.IsOver && index == progress.Phases.Count - 1;
        var seconds = Measures.Seconds(isEnd ? progress.ElapsedSeconds(here) : progress.SecondsIn(index, here)).PadLeft(SecondsColumn);
        if (isCurrent) return $"  {screen.Tint("yellow", Turn(frame))} {Markup.Escape(word)}{Markup.Escape(seconds)}{Measure(progress)}";
        if (isEnd) return $"  {EndMark(phase)} {screen.TintStatus(phase, word)}{Markup.Escape(seconds)} {screen.Tint("dim", "in all")}";
        return $"  {screen.Tint("green", screen.Unicode ? "✓" : "+")} {Markup.Escape(word)}{screen.Tint("dim", seconds)}";
    }

    private string EndMark(string phase) => phase is PhaseWords.Ready
        ? screen.Tint("green", screen.Unicode ? "✓" : "+")
        : screen.Tint("red", screen.Unicode ? "✗" : "x");

    private string Measure(StartProgress progress)
    {
        if (progress.Progress is not { } now) return "";
        var text = "   ";
        if (now.Total is { } total && total > 0)
        {
            var full = (int)(BarCells * Math.Min(now.Done, total) / total);
            text += screen.Tint("green", new string(screen.Unicode ? '━' : '#', full))
                + screen.Tint("dim", new string(screen.Unicode ? '─' : '.', BarCells - full)) + "  ";
        }

        text += Markup.Escape(Measures.Line(now));
        if (now.Unit is not "bytes" || progress.ProgressStart is not { } first || now.Timestamp - first.Timestamp < s_shortestSpan) return text;
        var rate = (now.Done - first.Done) / (now.Timestamp - first.Timestamp).TotalSeconds;
        return text + screen.Tint("dim", $"  {Measures.Bytes(rate)}/s");
    }

    private IEnumerable<string> Hints(StartProgress progress)
    {
        if (progress.WaitingFor is { } cause) yield return screen.Tint("yellow", Fit("waiting: " + cause));
        if (progress.Interruption is { } why) yield return screen.Tint("yellow", Fit($"connection lost ({why}), trying again"));
        else if (progress.RemainingSeconds is > 0 and var rest)
            yield return screen.Tint("dim", string.Create(CultureInfo.InvariantCulture, $"about {rest} s to go"));
    }

    private string Turn(int frame) => screen.Unicode
        ? Spinner[frame % Spinner.Length].ToString()
        : AsciiSpinner[frame % AsciiSpinner.Length].ToString();

    private string Fit(string text)
    {
        var room = Math.Max(20, screen.Width - 6);
        var line = text.ReplaceLineEndings(" ");
        return line.Length <= room ? line : line[..(room - 1)] + (screen.Unicode ? "…" : "~");
    }
}
