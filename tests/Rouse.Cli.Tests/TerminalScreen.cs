using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Rouse.Cli.Tests;

/// <summary>What a terminal of endless height shows after some output: knows the few control sequences that the program uses.</summary>
internal static partial class TerminalScreen
{
    public static IReadOnlyList<string> After(string output)
    {
        List<StringBuilder> lines = [new()];
        var (row, column) = (0, 0);
        foreach (Match token in Tokens().Matches(output))
        {
            var text = token.Value;
            if (text is "\n") (row, column) = (row + 1, 0);
            else if (text is "\r") column = 0;
            else if (text is "\e[K") lines[row].Length = Math.Min(lines[row].Length, column);
            else if (text is "\e[J") EraseBelow(lines, row, column);
            else if (text.StartsWith("\e[", StringComparison.Ordinal) && text[^1] is 'A')
                row = Math.Max(0, row - int.Parse(text[2..^1], CultureInfo.InvariantCulture));
            else if (text[0] != '\e') column = Write(lines[row], column, text);
            if (row == lines.Count) lines.Add(new StringBuilder());
        }

        return [.. lines.Select(line => line.ToString().TrimEnd())];
    }

    private static int Write(StringBuilder line, int column, string text)
    {
        line.Append(' ', Math.Max(0, column + text.Length - line.Length));
        for (var i = 0; i < text.Length; i++) line[column + i] = text[i];
        return column + text.Length;
    }

    private static void EraseBelow(List<StringBuilder> lines, int row, int column)
    {
        lines[row].Length = Math.Min(lines[row].Length, column);
        foreach (var line in lines.Skip(row + 1)) line.Clear();
    }

    [GeneratedRegex(@"\e\[[?0-9;]*[A-Za-z]|\n|\r|[^\e\n\r]+", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Tokens();
}
