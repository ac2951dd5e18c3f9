using System.CommandLine;
using Rouse.Cli.Api;
using Rouse.Cli.Terminal;

namespace Rouse.Cli.Commands.Deployments;

internal sealed class ListCommand : CliCommand
{
    private readonly Option<bool> _all;
    private readonly Option<string?> _status;

    public ListCommand(CliContext cli, string name)
        : base(cli, name, "Lists deployments, newest first.")
    {
        _all = Declare(new Option<bool>("--all", "-a") { Description = "Deleted ones too." });
        _status = Declare(new Option<string?>("--status") { Description = "Only those in this phase.", HelpName = "phase" });
        _status.AcceptOnlyFromAmong([.. PhaseWords.All]);
    }

    public override IReadOnlyList<Example> Examples =>
    [
        new(Line, "what there is"),
        new($"{Line} --status ready -q", "the ids of those that answer"),
        new($"{Line} --all -o json", "everything, for a program"),
    ];

    protected override async Task<ExitCode> RunAsync(Session session, ParseResult args, CancellationToken ct)
    {
        var listed = await session.Api.ListAsync(ct);
        if (!listed.TryGet(out var all, out var failure)) return session.Fail(failure);
        var status = args.GetValue(_status);
        var shown = all.FindAll(d => status is null
            ? args.GetValue(_all) || !PhaseWords.IsDeleted(d.Status)
            : string.Equals(d.Status, status, StringComparison.Ordinal));

        if (session.Screen.IsJson) session.Screen.ResultJson(new ToldList(shown, shown.Count), ClientJson.Told.ToldList);
        else if (session.Screen.Quiet) shown.ForEach(d => session.Screen.Result(d.DeploymentId));
        else if (shown.Count > 0) DeploymentPages.ShowList(session.Screen, shown, session.Time.GetUtcNow());
        else session.Screen.Note("No deployments. `rouse up <folder|org/name>` makes one.");
        return ExitCode.Ok;
    }
}
