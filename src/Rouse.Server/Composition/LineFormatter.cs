using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Rouse.Server.Composition;

/// <summary>
/// One line per entry, whatever is in it: what callers, providers and workers said may hold line ends that would forge an entry, and sequences that
/// would command a terminal. Both are written as a blank or as <c>\x1b</c>.
/// </summary>
/// <param name="isColored">Whether the level may be coloured.</param>
internal sealed class LineFormatter(TimeProvider time, bool isColored) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "rouse-line";

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var line = new StringBuilder(160);
        line.Append(time.GetUtcNow().ToString("HH:mm:ss.fff ", CultureInfo.InvariantCulture));
        var (word, color) = Level(logEntry.LogLevel);
        line.Append(isColored ? $"\x1b[{color}m{word}\x1b[0m" : word);
        line.Append(": ").Append(logEntry.Category).Append('[').Append(logEntry.EventId.Id.ToString(CultureInfo.InvariantCulture)).Append("] ");
        AppendInOneLine(line, logEntry.Formatter(logEntry.State, logEntry.Exception));
        if (logEntry.Exception is { } error) AppendInOneLine(line.Append(' '), error.ToString());
        textWriter.WriteLine(line.ToString());
    }

    internal static void AppendInOneLine(StringBuilder line, string text)
    {
        foreach (var character in text)
        {
            if (character is '\r' or '\n' or '\t' or '\u0085' or '\u2028' or '\u2029') line.Append(' ');
            // C0, DEL and C1: escape sequences begin with one of them. Marks that turn the direction of writing hide what stands beside them.
            else if (char.IsControl(character) || character is (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069')) line.Append(CultureInfo.InvariantCulture, $"\\x{(int)character:x2}");
            else line.Append(character);
        }
    }

    private static (string Word, string Color) Level(LogLevel level) => level switch
    {
        LogLevel.Trace => ("trce", "37"),
        LogLevel.Debug => ("dbug", "37"),
        LogLevel.Information => ("info", "32"),
        LogLevel.Warning => ("warn", "33"),
        LogLevel.Error => ("fail", "31"),
        _ => ("crit", "41"),
    };
}
