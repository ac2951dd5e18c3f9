using System.CommandLine;
using Rouse.Cli.Api;
using Rouse.Cli.Terminal;
using Rouse.Contracts;
using Spectre.Console;

namespace Rouse.Cli.Commands.Local;

internal sealed class DoctorCommand : CliCommand
{
    private readonly Option<string> _data;

    public DoctorCommand(CliContext cli)
        : base(cli, "doctor", "Checks what Rouse needs, here and at the server, and says what to do about the rest.")
        => _data = Declare(new Option<string>("--data")
        {
            Description = "The server's data folder.", HelpName = "folder", DefaultValueFactory = _ => ServeCommand.DefaultData,
        });

    public override IReadOnlyList<Example> Examples =>
    [
        new(Line, "everything"),
        new($"{Line} -o json", "for a program"),
        new($"{Line} --server http://gpu-box:8080", "another server"),
    ];

    public override string Remarks => "Ends with 1 when a check failed; a warning is no failure.";

    protected override async Task<ExitCode> RunAsync(Session session, ParseResult args, CancellationToken ct)
    {
        var data = session.Host.ResolvePath(args.GetValue(_data)!);
        List<DoctorCheck> checks = [.. MachineChecks.Run(session.Host, data), .. await ServerChecks.RunAsync(session.Api, ct)];
        if (session.Screen.IsJson) session.Screen.ResultJson(new DoctorReport(ProductVersion.Text, checks), ClientJson.Api.DoctorReport);
        else if (!session.Screen.Quiet) checks.ForEach(check => Show(session.Screen, check));
        return checks.Exists(c => c.Status is "fail") ? ExitCode.Failed : ExitCode.Ok;
    }

    private static void Show(Screen screen, DoctorCheck check)
    {
        const int NameColumn = 22;
        var mark = check.Status switch
        {
            "ok" => Screen.Tint("green", screen.Unicode ? "✓" : "ok"),
            "warn" => Screen.Tint("yellow", screen.Unicode ? "!" : "warn"),
            _ => Screen.Tint("red", screen.Unicode ? "✗" : "FAIL"),
        };
        screen.ResultMarkup($"  {mark} {Markup.Escape(check.Name.PadRight(NameColumn))} {Markup.Escape(check.Message)}");
        if (check.Next is { } next && check.Status is not "ok")
            screen.ResultMarkup($"    {"".PadRight(NameColumn)} {Screen.Tint("dim", "next: " + next)}");
    }
}
