using System.CommandLine;
using System.Text.Json;
using Rouse.Cli.Api;
using Rouse.Cli.Terminal;

namespace Rouse.Cli.Commands.Deployments;

/// <summary>The events as the server sends them: for scripts, and to see what a client of the API would see.</summary>
internal sealed class EventsCommand : CliCommand
{
    /// <summary>Past events come at once; when nothing has come for this long they have all come.</summary>
    private static readonly TimeSpan s_quietAfter = TimeSpan.FromSeconds(1);

    private readonly Argument<string> _deployment;
    private readonly Option<bool> _follow;

    public EventsCommand(CliContext cli, string name)
        : base(cli, name, "Prints a deployment's events: id, name and data, one in a line.")
    {
        _deployment = DeclareDeployment();
        _follow = Declare(new Option<bool>("--follow", "-f") { Description = "Go on with new events until the server ends the stream." });
    }

    public override IReadOnlyList<Example> Examples =>
    [
        new($"{Line} turbo", "what has happened so far"),
        new($"{Line} turbo -f -o json", "and what happens next, one JSON object in a line"),
    ];

    protected override async Task<ExitCode> RunAsync(Session session, ParseResult args, CancellationToken ct)
    {
        var found = await session.Api.FindAsync(args.GetValue(_deployment)!, ct);
        if (!found.TryGet(out var view, out var failure)) return session.Fail(failure);
        var follow = args.GetValue(_follow);
        using var silence = new CancellationTokenSource(Timeout.InfiniteTimeSpan, session.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, silence.Token);
        try
        {
            await foreach (var news in session.Api.EventsAsync(view.DeploymentId, either.Token))
            {
                if (!follow) silence.CancelAfter(s_quietAfter);
                switch (news)
                {
                    case StreamNews.Event happened:
                        Print(session.Screen, happened);
                        break;
                    case StreamNews.Cut cut:
                        session.Screen.Note($"connection lost ({cut.Why}), trying again");
                        break;
                    case StreamNews.GaveUp gaveUp:
                        return session.Fail(gaveUp.Failure);
                }
            }
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return ExitCode.Ok;
        }

        return ExitCode.Ok;
    }

    private static void Print(Screen screen, StreamNews.Event happened)
    {
        if (!screen.IsJson)
        {
            screen.Result($"{happened.Id ?? "-",-6} {happened.Name,-8} {happened.Data.ReplaceLineEndings(" ")}");
            return;
        }

        using var data = JsonDocument.Parse(happened.Data);
        screen.Result(JsonSerializer.Serialize(new ToldEvent(happened.Id, happened.Name, data.RootElement), ClientJson.Line.ToldEvent));
    }
}
