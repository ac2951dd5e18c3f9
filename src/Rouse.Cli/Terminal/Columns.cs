namespace Rouse.Cli.Terminal;

/// <param name="Text">What is measured.</param>
/// <param name="Markup">What is shown: the same text, perhaps in a colour.</param>
internal readonly record struct Cell(string Text, string Markup)
{
    public static implicit operator Cell(string text) => new(text, Spectre.Console.Markup.Escape(text));
}

/// <summary>Rows in aligned columns without lines or trailing blanks: to be read, and to be cut with awk.</summary>
internal static class Columns
{
    private const int Gap = 3;

    public static void Write(Screen screen, IReadOnlyList<Cell[]> rows)
    {
        var widths = new int[rows.Max(row => row.Length)];
        foreach (var row in rows)
        {
            for (var i = 0; i < row.Length; i++) widths[i] = Math.Max(widths[i], row[i].Text.Length);
        }

        foreach (var row in rows)
        {
            var line = string.Concat(row.SkipLast(1).Select((cell, i) => cell.Markup + new string(' ', widths[i] - cell.Text.Length + Gap)));
            screen.ResultMarkup(line + (row.Length > 0 ? row[^1].Markup : ""));
        }
    }
}
