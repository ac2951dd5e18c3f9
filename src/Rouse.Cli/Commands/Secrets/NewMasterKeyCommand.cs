using System.CommandLine;

namespace Rouse.Cli.Commands.Secrets;

/// <summary>Makes a master key and tells nobody else.</summary>
internal sealed class NewMasterKeyCommand(CliContext cli) : CliCommand(cli, "new-key", "Prints a new master key, for ROUSE_MASTER_KEY.", formatOption: "")
{
    private const int Bytes = 32;

    public override IReadOnlyList<Example> Examples =>
    [
        new($"{Line} > master.key", "for ROUSE_MASTER_KEY_FILE; asks no server and changes nothing"),
    ];

    protected override Task<ExitCode> RunAsync(Session session, ParseResult args, CancellationToken ct)
    {
        var key = new byte[Bytes];
        session.Host.FillRandom(key);
        session.Screen.Result(Convert.ToBase64String(key));
        return Task.FromResult(ExitCode.Ok);
    }
}
