using System.CommandLine;
using Rouse.Cli.Api;

namespace Rouse.Cli.Commands.Jobs;

/// <summary><c>rouse job status|cancel|retry</c>: one job, one call.</summary>
internal sealed class JobVerbCommand : CliCommand
{
    private readonly Argument<string> _deployment;
    private readonly Argument<string> _job;

    public JobVerbCommand(CliContext cli, string verb, string description)
        : base(cli, verb, description)
    {
        _deployment = DeclareDeployment();
        _job = Declare(new Argument<string>("job") { Description = "The job's id." });
    }

    public override IReadOnlyList<Example> Examples => [new($"{Line} turbo {(Name is "status" ? "$job -o json" : "$job")}", Name switch
    {
        "status" => "how far it is, for a program",
        "cancel" => "stop it, queued or running",
        _ => "run it again under its id",
    })];

    protected override async Task<ExitCode> RunAsync(Session session, ParseResult args, CancellationToken ct)
    {
        var found = await session.Api.FindAsync(args.GetValue(_deployment)!, ct);
        if (!found.TryGet(out var view, out var failure)) return session.Fail(failure);
        var id = args.GetValue(_job)!;
        var answered = Name is "status"
            ? await session.Api.JobAsync(view.DeploymentId, id, ct)
            : await session.Api.ChangeJobAsync(view.DeploymentId, Name, id, ct);
        return answered.TryGet(out var job, out failure) ? JobPages.Show(session.Screen, view.DeploymentId, job) : session.Fail(failure);
    }
}
