using System.CommandLine;
using Rouse.Cli.Terminal;

namespace Rouse.Cli.Commands;

/// <param name="Line">What is typed.</param>
/// <param name="Effect">What it does, in a few words.</param>
internal sealed record Example(string Line, string Effect);

/// <summary>A command that does something: it has examples, and it ends with an <see cref="ExitCode"/>.</summary>
internal abstract class CliCommand : Command
{
    private readonly Option<OutputFormat>? _format;

    protected CliCommand(CliContext cli, string name, string description, string formatOption = "--output")
        : base(name, description)
    {
        if (formatOption.Length > 0)
        {
            _format = new Option<OutputFormat>(formatOption)
            {
                Description = "How results are printed: json or table.", HelpName = "json|table", DefaultValueFactory = _ => OutputFormat.Table,
            };
            if (formatOption is "--output") _format.Aliases.Add("-o");
            Options.Add(_format);
        }

        SetAction(async (args, ct) =>
        {
            using var session = cli.Open(args, _format is null ? OutputFormat.Table : args.GetValue(_format));
            return (int)await RunAsync(session, args, ct);
        });
    }

    public abstract IReadOnlyList<Example> Examples { get; }

    /// <summary>More than the description says, for the help page; empty when there is nothing more to say.</summary>
    public virtual string Remarks => "";

    /// <summary>Environment variables it reads beside those of every command.</summary>
    public virtual IReadOnlyList<(string Name, string Meaning)> Variables => [];

    /// <summary>How it is called: <c>rouse deployment list</c>.</summary>
    public string Line => HelpPage.PathOf(this);

    protected abstract Task<ExitCode> RunAsync(Session session, ParseResult args, CancellationToken ct);

    internal T Declare<T>(T symbol)
        where T : Symbol
    {
        if (symbol is Option option) Options.Add(option);
        else if (symbol is Argument argument) Arguments.Add(argument);
        return symbol;
    }

    /// <summary>The argument that names one deployment.</summary>
    protected Argument<string> DeclareDeployment() => Declare(new Argument<string>("deployment")
    {
        Description = "Its id, its name, or the first characters of its id.",
    });

    /// <summary>An option that takes a duration, such as <c>90s</c> or <c>5m</c>.</summary>
    internal Option<TimeSpan?> DeclareDuration(string name, string description) => Declare(new Option<TimeSpan?>(name)
    {
        Description = description,
        HelpName = "duration",
        CustomParser = result =>
        {
            var text = result.Tokens.Count > 0 ? result.Tokens[0].Value : "";
            if (Measures.TryParseDuration(text, out var duration)) return duration;
            result.AddError($"'{text}' is not a duration: write 90s, 5m or 1h30m.");
            return null;
        },
    });
}
