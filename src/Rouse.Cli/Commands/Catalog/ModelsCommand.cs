using System.CommandLine;
using System.Globalization;
using Rouse.Cli.Api;
using Rouse.Cli.Terminal;
using Rouse.Contracts.Catalog;

namespace Rouse.Cli.Commands.Catalog;

/// <summary>Searches the model hub.</summary>
internal sealed class ModelsCommand : CliCommand
{
    private readonly Argument<string> _words;
    private readonly Option<string?> _task;
    private readonly Option<int> _limit;

    public ModelsCommand(CliContext cli)
        : base(cli, "models", "Searches the model hub by a part of a model's name, the most downloaded first.")
    {
        _words = Declare(new Argument<string>("query") { Description = "A part of the name." });
        _task = Declare(new Option<string?>("--task") { Description = "Only models for this task: text2img, image2img, text2video, text2speech, speech2text, or a tag of the hub.", HelpName = "task" });
        _limit = Declare(new Option<int>("--limit") { Description = "Rows at most, 1 to 100.", HelpName = "rows", DefaultValueFactory = _ => 20 });
    }

    public override IReadOnlyList<Example> Examples =>
    [
        new($"{Line} turbo --task text2img", "what could be deployed"),
        new($"rouse plan $({Line} sd-turbo --limit 1 -q)", "and what it would cost"),
    ];

    protected override async Task<ExitCode> RunAsync(Session session, ParseResult args, CancellationToken ct)
    {
        var reply = await session.Api.SearchAsync(args.GetValue(_words)!, args.GetValue(_task), args.GetValue(_limit), ct);
        if (!reply.TryGet(out var found, out var failure)) return session.Fail(failure);
        var screen = session.Screen;
        if (screen.IsJson) screen.ResultJson(found, ClientJson.Api.ModelSearchReply);
        else if (screen.Quiet) found.Results.ToList().ForEach(model => screen.Result(model.ModelId));
        else if (found.Results.Count > 0) Columns.Write(screen, [["MODEL", "TASK", "DOWNLOADS", "LIKES", "GATED"], .. found.Results.Select(Row)]);
        else screen.Note("The hub knows no such model.");
        return ExitCode.Ok;
    }

    private static Cell[] Row(FoundModel model) =>
        [model.ModelId, model.Task ?? "-", Number(model.Downloads), Number(model.Likes), model.Gated ? "yes" : "-"];

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
