using System.CommandLine;
using Rouse.Cli.Api;

namespace Rouse.Cli.Commands.Deployments;

internal sealed class GetCommand : CliCommand
{
    private readonly Argument<string> _deployment;

    public GetCommand(CliContext cli, string name)
        : base(cli, name, "Shows one deployment: where it is, what it waits for, how long each phase took.") => _deployment = DeclareDeployment();

    public override IReadOnlyList<Example> Examples =>
    [
        new($"{Line} turbo", "by name"),
        new($"{Line} dep_01k -o json", "by the start of its id, for a program"),
    ];

    protected override async Task<ExitCode> RunAsync(Session session, ParseResult args, CancellationToken ct)
    {
        var found = await session.Api.FindAsync(args.GetValue(_deployment)!, ct);
        if (!found.TryGet(out var view, out var failure)) return session.Fail(failure);
        if (session.Screen.IsJson) session.Screen.ResultJson(view, ClientJson.Api.DeploymentView);
        else if (session.Screen.Quiet) session.Screen.Result(view.DeploymentId);
        else DeploymentPages.ShowOne(session.Screen, view);
        return ExitCode.Ok;
    }
}
