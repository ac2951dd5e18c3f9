using System.CommandLine;
using Rouse.Cli.Api;
using Rouse.Cli.Terminal;
using Rouse.Contracts;

namespace Rouse.Cli.Commands.Local;

/// <summary>Removes what runs in the caller's name and no deployment claims.</summary>
internal sealed class CleanupCommand : CliCommand
{
    private readonly Option<bool> _dryRun;

    public CleanupCommand(CliContext cli)
        : base(cli, "cleanup", "Removes backends of yours that no deployment claims.")
        => _dryRun = Declare(new Option<bool>("--dry-run") { Description = "Show what would be removed; remove nothing." });

    public override IReadOnlyList<Example> Examples =>
    [
        new($"{Line} --dry-run", "only look"),
        new(Line, "remove now what the server's sweep would remove within minutes"),
        new($"{Line} -o json", "for a program"),
    ];

    public override string Remarks =>
        "Looks in every account your deployments were on in the last 7 days, and only at names of this server and of yours. Ends with 1 when something could not be removed or looked at.";

    protected override async Task<ExitCode> RunAsync(Session session, ParseResult args, CancellationToken ct)
    {
        var reply = await session.Api.CleanUpAsync(args.GetValue(_dryRun), ct);
        if (!reply.TryGet(out var report, out var failure)) return session.Fail(failure);
        var screen = session.Screen;
        if (screen.IsJson) screen.ResultJson(report, ClientJson.Api.CleanupReport);
        else if (screen.Quiet) report.Orphans.ToList().ForEach(orphan => screen.Result(orphan.BackendId));
        else Show(screen, report);
        return report.Unseen.Count > 0 || report.Orphans.Any(orphan => orphan.Error is not null) ? ExitCode.Failed : ExitCode.Ok;
    }

    private static void Show(Screen screen, CleanupReport report)
    {
        if (report.Orphans.Count == 0) screen.Result("Nothing runs in your name that no deployment claims.");
        else Columns.Write(screen, [["PROVIDER", "BACKEND", "NAME", "WHY", ""], .. report.Orphans.Select(orphan => Row(orphan, report.DryRun))]);
        foreach (var unseen in report.Unseen) screen.Note($"{unseen.Provider} could not be looked at: {unseen.Error}");
    }

    private static Cell[] Row(OrphanView orphan, bool isDry) =>
        [orphan.Provider, orphan.BackendId, orphan.Name, orphan.Why, orphan.Error ?? (isDry ? "would be removed" : "removed")];
}
