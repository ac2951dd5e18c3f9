namespace Rouse.Cli.Terminal;

/// <summary>One step in columns that never move: a mark, what it is, its seconds, what is to be said of it.</summary>
internal static class StepLine
{
    private const int WordColumn = 24;
    private const int SecondsColumn = 9;

    /// <param name="mark">Markup, one column wide.</param>
    /// <param name="style">Of the word; empty for none.</param>
    /// <param name="tail">Markup; empty for none.</param>
    public static string Markup(Screen screen, string mark, string word, double seconds, string style = "", string tail = "")
    {
        var padded = word.PadRight(WordColumn);
        var time = Measures.Seconds(seconds).PadLeft(SecondsColumn);
        var shown = style.Length > 0 ? Screen.Tint(style, padded) : Spectre.Console.Markup.Escape(padded);
        return $"  {mark} {shown}{Screen.Tint("dim", time)}{(tail.Length > 0 ? "   " + tail : "")}";
    }

    /// <summary>A mark that turns.</summary>
    public static string Spinner(Screen screen, int frame) => screen.Unicode
        ? "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"[frame % 10].ToString()
        : "|/-\\"[frame % 4].ToString();

    public static string DoneMark(Screen screen) => Screen.Tint("green", screen.Unicode ? "✓" : "+");

    public static string FailedMark(Screen screen) => Screen.Tint("red", screen.Unicode ? "✗" : "x");
}
