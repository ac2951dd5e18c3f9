using System.CommandLine;
using Rouse.Cli.Api;

namespace Rouse.Cli.Commands.Deployments;

/// <summary><c>sleep</c> and <c>wake</c>.</summary>
internal sealed class PowerCommand : CliCommand
{
    private readonly Argument<string> _deployment;
    private readonly bool _awake;

    public PowerCommand(CliContext cli, string name, bool awake)
        : base(cli, name, awake ? "Wakes a service before anybody asks for it." : "Puts a service to sleep: its capacity is given back, what it stores stays.") =>
        (_deployment, _awake) = (DeclareDeployment(), awake);

    public override IReadOnlyList<Example> Examples =>
    [
        new($"{Line} tts", _awake ? "be there before the first request" : "do not wait for its idle time"),
        new($"{Line} dep_01k -o json", "by the start of its id, for a program"),
    ];

    public override string Remarks => _awake ? "`rouse wait` waits until it is ready." : "Requests under way are finished first, and the next one wakes it.";

    protected override async Task<ExitCode> RunAsync(Session session, ParseResult args, CancellationToken ct)
    {
        var found = await session.Api.FindAsync(args.GetValue(_deployment)!, ct);
        if (!found.TryGet(out var view, out var failure)) return session.Fail(failure);
        var asked = await session.Api.SetAwakeAsync(view.DeploymentId, _awake, ct);
        if (!asked.TryGet(out view, out failure)) return session.Fail(failure);
        if (session.Screen.IsJson) session.Screen.ResultJson(view, ClientJson.Api.DeploymentView);
        else session.Screen.Result(session.Screen.Quiet ? view.DeploymentId : $"{view.DeploymentId} is {view.Status}{(_awake ? ", and wanted ready" : "")}");
        return ExitCode.Ok;
    }
}
