using System.CommandLine;
using Rouse.Cli.Terminal;

namespace Rouse.Cli.Commands.Local;

/// <summary>Writes docs/cli.md; a test fails when the file and the commands differ.</summary>
internal sealed class HelpDocsCommand : CliCommand
{
    private readonly RootCommand _root;

    public HelpDocsCommand(CliContext cli, RootCommand root)
        : base(cli, "help-docs", "Prints the reference of all commands as Markdown.", formatOption: "")
    {
        _root = root;
        Hidden = true;
    }

    public override IReadOnlyList<Example> Examples => [new($"{Line} > docs/cli.md", "renew the reference")];

    protected override Task<ExitCode> RunAsync(Session session, ParseResult args, CancellationToken ct)
    {
        session.Host.Out.Write(HelpDocs.Write(_root));
        return Task.FromResult(ExitCode.Ok);
    }
}
