using System.CommandLine;
using System.Runtime.InteropServices;
using Rouse.Cli.Api;
using Rouse.Cli.Terminal;

namespace Rouse.Cli.Commands.Local;

internal sealed class VersionCommand(CliContext cli) : CliCommand(cli, "version", "Prints the version of this program.")
{
    public override IReadOnlyList<Example> Examples => [new(Line, "for people"), new($"{Line} -o json", "for programs")];

    protected override Task<ExitCode> RunAsync(Session session, ParseResult args, CancellationToken ct)
    {
        var told = new ToldVersion(ProductVersion.Text, Environment.Version.ToString(), RuntimeInformation.RuntimeIdentifier);
        if (session.Screen.IsJson) session.Screen.ResultJson(told, ClientJson.Told.ToldVersion);
        else session.Screen.Result(session.Screen.Quiet ? told.Version : $"rouse {told.Version}   .NET {told.Runtime}   {told.Platform}");
        return Task.FromResult(ExitCode.Ok);
    }
}
