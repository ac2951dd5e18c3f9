using System.CommandLine;
using System.Text.Json;
using Rouse.Cli.Api;
using Rouse.Contracts.Deployments;

namespace Rouse.Cli.Commands.Deployments;

internal sealed class LogsCommand : CliCommand
{
    private readonly Argument<string> _deployment;
    private readonly Option<bool> _follow;
    private readonly Option<int?> _tail;

    public LogsCommand(CliContext cli, string name)
        : base(cli, name, "Prints a deployment's log lines.")
    {
        _deployment = DeclareDeployment();
        _follow = Declare(new Option<bool>("--follow", "-f") { Description = "Go on with new lines until the deployment ends." });
        _tail = Declare(new Option<int?>("--tail") { Description = "Only the last lines.", HelpName = "lines" });
        Validators.Add(result =>
        {
            if (result.GetValue(_tail) is < 0) result.AddError("--tail takes 0 or more lines.");
        });
    }

    public override IReadOnlyList<Example> Examples =>
    [
        new($"{Line} turbo --tail 20", "the last 20 lines"),
        new($"{Line} turbo -f", "and go on with new ones"),
    ];

    protected override async Task<ExitCode> RunAsync(Session session, ParseResult args, CancellationToken ct)
    {
        var found = await session.Api.FindAsync(args.GetValue(_deployment)!, ct);
        if (!found.TryGet(out var view, out var failure)) return session.Fail(failure);
        if (!args.GetValue(_follow))
        {
            foreach (var line in view.Logs.TakeLast(args.GetValue(_tail) ?? int.MaxValue)) Print(session, view.DeploymentId, line);
            return ExitCode.Ok;
        }

        return await FollowAsync(session, view.DeploymentId, ct);
    }

    private static async Task<ExitCode> FollowAsync(Session session, string id, CancellationToken ct)
    {
        await foreach (var news in session.Api.LogsAsync(id, ct))
        {
            switch (news)
            {
                case StreamNews.Event { Name: "log" } line when JsonSerializer.Deserialize(line.Data, ClientJson.Api.LogEvent) is { } log:
                    Print(session, id, new LogLine(log.Timestamp, log.Level, log.Message));
                    break;
                case StreamNews.Cut cut:
                    session.Screen.Note($"connection lost ({cut.Why}), trying again");
                    break;
                case StreamNews.GaveUp gaveUp:
                    return session.Fail(gaveUp.Failure);
            }
        }

        return ExitCode.Ok;
    }

    private static void Print(Session session, string id, LogLine line)
    {
        var told = new LogEvent(id, line.Timestamp, line.Level, line.Message);
        session.Screen.Result(session.Screen.IsJson ? JsonSerializer.Serialize(told, ClientJson.Line.LogEvent) : DeploymentPages.LogText(line));
    }
}
