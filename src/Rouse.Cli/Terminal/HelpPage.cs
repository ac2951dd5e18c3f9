using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Globalization;
using System.Text;
using Rouse.Cli.Commands;

namespace Rouse.Cli.Terminal;

/// <summary>The help of one command. The same page is printed by <c>--help</c> and stands in docs/cli.md, so it knows no terminal width.</summary>
internal static class HelpPage
{
    private const int Width = 100;
    private const int LongestTerm = 30;

    public static string Write(Command command)
    {
        var page = new StringBuilder();
        page.AppendLine(command.Description);
        if (command is CliCommand { Remarks.Length: > 0 } cli) page.AppendLine(cli.Remarks);
        Section(page, "Usage", [(Usage(command), "")]);
        if (command is CliCommand { Examples: var examples }) Section(page, "Examples", ExampleRows(examples));
        var commands = command.Subcommands.Where(c => !c.Hidden).Select(c => (c.Name, c.Description ?? ""));
        Section(page, command is RootCommand ? "Commands" : "Verbs", commands);
        Section(page, "Arguments", command.Arguments.Where(a => !a.Hidden).Select(a => ($"<{a.Name}>", a.Description ?? "")));
        Section(page, "Options", command.Options.Where(o => !o.Hidden).Select(OptionRow));
        if (command is CliCommand { Variables: var variables }) Section(page, "Variables", variables);
        if (command is RootCommand) Section(page, "Exit codes", ExitCodes.Meanings.Select(m => (ExitCodes.Number(m.Code), m.Meaning)));
        else Section(page, "Everywhere", Inherited(command).Select(OptionRow));
        return page.ToString();
    }

    public static string PathOf(Command command)
    {
        var parent = command.Parents.OfType<Command>().FirstOrDefault();
        return parent is null ? "rouse" : $"{PathOf(parent)} {command.Name}";
    }

    private static string Usage(Command command)
    {
        var words = new List<string> { PathOf(command) };
        if (command.Subcommands.Any(c => !c.Hidden)) words.Add(command is RootCommand ? "<command>" : "<verb>");
        words.AddRange(command.Arguments.Where(a => !a.Hidden).Select(a => a.Arity.MaximumNumberOfValues > 1 ? $"<{a.Name}>..." : $"<{a.Name}>"));
        words.AddRange(command.Options.Where(o => o.Required).Select(o => $"{o.Name} <{o.HelpName}>"));
        words.Add("[options]");
        return string.Join(' ', words);
    }

    /// <summary>The effect stands above its line: lines are long, and are copied whole.</summary>
    private static IEnumerable<(string, string)> ExampleRows(IReadOnlyList<Example> examples)
        => examples.SelectMany(e => ((string, string)[])[($"# {e.Effect}", ""), (e.Line, "")]);

    private static (string, string) OptionRow(Option option)
    {
        var shown = option.Aliases.Where(a => !a.StartsWith('/') && a is not "-?").OrderBy(a => a.Length).Append(option.Name);
        var names = string.Join(", ", shown.Distinct(StringComparer.Ordinal));
        var value = option.ValueType == typeof(bool) || option is HelpOption or VersionOption ? "" : $" <{option.HelpName ?? "value"}>";
        var required = option.Required ? " Required." : "";
        return (names + value, option is HelpOption ? "Show this." : option.Description + required + Default(option));
    }

    /// <summary>Told here only where the description does not tell it.</summary>
    private static string Default(Option option)
    {
        var isTold = option.Description?.Contains("Default:", StringComparison.Ordinal) is true;
        if (!option.HasDefaultValue || option.ValueType == typeof(bool) || isTold) return "";
        return $" Default: {Convert.ToString(option.GetDefaultValue(), CultureInfo.InvariantCulture)?.ToLowerInvariant()}.";
    }

    private static IEnumerable<Option> Inherited(Command command)
        => command.Parents.OfType<Command>().SelectMany(p => p.Options.Where(o => o.Recursive && o is not HelpOption).Concat(Inherited(p)));

    private static void Section(StringBuilder page, string title, IEnumerable<(string Term, string Text)> rows)
    {
        var list = rows.ToList();
        if (list.Count == 0) return;
        page.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"{title}:");
        var column = Math.Min(LongestTerm, list.Max(r => r.Term.Length)) + 4;
        foreach (var (term, text) in list)
        {
            var lead = "  " + term;
            if (text.Length == 0)
            {
                page.AppendLine(lead);
                continue;
            }

            var lines = Wrap(text, Width - column);
            if (lead.Length >= column) page.AppendLine(lead).Append(' ', column);
            else page.Append(lead.PadRight(column));
            page.AppendJoin(Environment.NewLine + new string(' ', column), lines).AppendLine();
        }
    }

    private static List<string> Wrap(string text, int width)
    {
        List<string> lines = [""];
        foreach (var word in text.Split(' '))
        {
            if (lines[^1].Length == 0) lines[^1] = word;
            else if (lines[^1].Length + 1 + word.Length <= width) lines[^1] += " " + word;
            else lines.Add(word);
        }

        return lines;
    }
}

/// <summary>Prints <see cref="HelpPage"/> in place of the library's own help.</summary>
/// <param name="asked">By --help, whatever else is on the line. A group of commands called alone shows it too, but not for a wrong word.</param>
internal sealed class ShowHelp(bool asked) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => asked;

    public override int Invoke(ParseResult parseResult)
    {
        parseResult.InvocationConfiguration.Output.Write(HelpPage.Write(parseResult.CommandResult.Command));
        return (int)ExitCode.Ok;
    }
}
