using System.Globalization;
using Rouse.Cli.Api;
using Rouse.Cli.Terminal;
using Rouse.Contracts.Deployments;
using Spectre.Console;

namespace Rouse.Cli.Following;

/// <summary>
/// Draws a start. The columns never move:
/// <code>
///   ✓ creating endpoint            0.3 s
///   ⠹ downloading model            3.2 s   ━━━━━━━━━━━━────────  54 %  345.0 MB of 640.0 MB  98.0 MB/s
///     about 12 s to go
/// </code>
/// </summary>
internal sealed class StartPage(Screen screen)
{
    private const int BarCells = 24;
    private const int LogLines = 3;
    /// <summary>A rate over less than this is noise.</summary>
    private static readonly TimeSpan s_shortestSpan = TimeSpan.FromMilliseconds(500);


    /// <param name="frame">Counts drawings: turns the spinner.</param>
    /// <returns>Lines in markup.</returns>
    public IReadOnlyList<string> Draw(StartProgress progress, DateTimeOffset here, int frame)
    {
        var spinner = Screen.Tint("yellow", StepLine.Spinner(screen, frame));
        if (progress.Phases.Count == 0) return [$"  {spinner} {Screen.Tint("dim", "asking the server")}"];
        List<string> lines = [.. progress.Phases.Select((_, i) => PhaseLine(progress, i, here, spinner))];
        if (progress.IsOver) return lines;
        lines.AddRange(Hints(progress, here).Select(hint => "    " + hint));
        if (progress.Logs.Count > 0) lines.Add("");
        lines.AddRange(progress.Logs.TakeLast(LogLines).Select(log => "    " + Screen.Tint("dim", log.Message.ReplaceLineEndings(" "))));
        return lines;
    }

    private string PhaseLine(StartProgress progress, int index, DateTimeOffset here, string spinner)
    {
        var phase = progress.Phases[index].Phase;
        var word = PhaseWords.Spoken(phase);
        var seconds = progress.SecondsIn(index, here);
        if (index < progress.Phases.Count - 1) return StepLine.Markup(screen, StepLine.DoneMark(screen), word, seconds);
        if (!progress.IsOver) return StepLine.Markup(screen, spinner, word, seconds, tail: Measure(progress));
        // The phase it ended in has no time of its own: the time it took to get there stands at its line.
        var (mark, style) = phase is PhaseWords.Ready ? (StepLine.DoneMark(screen), "green") : (StepLine.FailedMark(screen), "red");
        return StepLine.Markup(screen, mark, word, progress.ElapsedSeconds(here), style, Screen.Tint("dim", "in all"));
    }

    private string Measure(StartProgress progress)
    {
        if (progress.Progress is not { } now) return "";
        if (now.Total is not { } total || total <= 0) return Markup.Escape(Measures.Amount(now.Done, now.Unit));
        var full = (int)(BarCells * Math.Min(now.Done, total) / total);
        return Screen.Tint("green", new string(screen.Unicode ? '━' : '#', full))
            + Screen.Tint("dim", new string(screen.Unicode ? '─' : '.', BarCells - full))
            + Markup.Escape($"  {Measures.Share(now.Done, total),5}  {Measures.Amounts(now.Done, total, now.Unit)}")
            + Screen.Tint("dim", Rate(progress, now));
    }

    private static string Rate(StartProgress progress, ProgressEvent now)
    {
        if (now.Unit is not "bytes" || progress.ProgressStart is not { } first || now.Timestamp - first.Timestamp < s_shortestSpan) return "";
        return $"  {Measures.Bytes((now.Done - first.Done) / (now.Timestamp - first.Timestamp).TotalSeconds)}/s";
    }

    private static IEnumerable<string> Hints(StartProgress progress, DateTimeOffset here)
    {
        if (progress.WaitingFor is { } cause) yield return Screen.Tint("yellow", "waiting: " + cause.ReplaceLineEndings(" "));
        if (progress.Interruption is { } why) yield return Screen.Tint("yellow", $"connection lost ({why}), trying again");
        else if (progress.SecondsToGo(here) is > 0 and var rest)
            yield return Screen.Tint("dim", string.Create(CultureInfo.InvariantCulture, $"about {Math.Ceiling(rest):0} s to go"));
    }
}
