using System.CommandLine;

namespace Rouse.Cli.Commands.Demo;

/// <summary>The main job from nothing to a picture, in this process, leaving two files and nothing else.</summary>
internal sealed class DemoCommand : CliCommand
{
    private readonly Option<string> _folder;
    private readonly Option<string> _prompt;
    private readonly Option<int> _seed;
    private readonly Option<int> _steps;

    public DemoCommand(CliContext cli)
        : base(cli, "demo", "Deploys a tiny model on this machine, paints a picture with it, and cleans up.", formatOption: "")
    {
        _folder = Declare(new Option<string>("--out-dir")
        {
            Description = "Where rouse-demo.png and rouse-demo.json go. Default: the current folder.",
            HelpName = "folder",
            DefaultValueFactory = _ => ".",
        });
        _prompt = Declare(new Option<string>("--prompt")
        {
            Description = "What to paint.", HelpName = "words", DefaultValueFactory = _ => "a lighthouse at dawn",
        });
        _seed = Declare(new Option<int>("--seed") { Description = "Same seed, same picture.", HelpName = "number", DefaultValueFactory = _ => 7 });
        _steps = Declare(new Option<int>("--steps") { Description = "Steps of the model.", HelpName = "number", DefaultValueFactory = _ => 8 });
    }

    public override IReadOnlyList<Example> Examples =>
    [
        new(Line, "needs nothing but this program"),
        new($"{Line} --prompt \"hills in winter\" --seed 3 --out-dir pictures", "another picture, elsewhere"),
    ];

    public override string Remarks =>
        "The server runs in this process on a free port, its data in a folder that is removed at the end, also on Ctrl-C.";

    protected override async Task<ExitCode> RunAsync(Session session, ParseResult args, CancellationToken ct)
    {
        var folder = session.Host.ResolvePath(args.GetValue(_folder)!);
        var plan = new DemoPlan(folder, args.GetValue(_prompt)!, args.GetValue(_seed), args.GetValue(_steps));
        var scratch = Directory.CreateTempSubdirectory("rouse-demo-").FullName;
        try
        {
            return await new DemoRun(session, plan, scratch).RunAsync(ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            session.Screen.Note("\nInterrupted; nothing is left behind.");
            return ExitCode.Interrupted;
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
    }
}

/// <param name="Folder">Where the picture and the figures go; absolute.</param>
internal sealed record DemoPlan(string Folder, string Prompt, int Seed, int Steps);
