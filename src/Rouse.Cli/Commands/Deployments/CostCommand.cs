using System.CommandLine;
using Rouse.Cli.Api;

namespace Rouse.Cli.Commands.Deployments;

internal sealed class CostCommand : CliCommand
{
    private readonly Argument<string> _deployment;

    public CostCommand(CliContext cli, string name)
        : base(cli, name, "Shows what a deployment has cost, and for what: cold starts, serving, idling, failed starts, storage.") => _deployment = DeclareDeployment();

    public override IReadOnlyList<Example> Examples =>
    [
        new($"{Line} turbo", "by name"),
        new($"{Line} turbo -q", "only the sum, in dollars"),
        new($"{Line} dep_01k -o json", "by the start of its id, for a program"),
    ];

    public override string Remarks => "A removed deployment keeps its cost.";

    protected override async Task<ExitCode> RunAsync(Session session, ParseResult args, CancellationToken ct)
    {
        var found = await session.Api.FindAsync(args.GetValue(_deployment)!, ct);
        if (!found.TryGet(out var view, out var failure)) return session.Fail(failure);
        var asked = await session.Api.CostAsync(view.DeploymentId, ct);
        if (!asked.TryGet(out var cost, out failure)) return session.Fail(failure);
        if (session.Screen.Quiet) session.Screen.Result(CostPage.Dollars(cost.EstimatedCostUsd));
        else if (session.Screen.IsJson) session.Screen.ResultJson(cost, ClientJson.Api.DeploymentCost);
        else CostPage.Show(session.Screen, cost);
        return ExitCode.Ok;
    }
}
