using System.CommandLine;
using Rouse.Cli.Api;
using Rouse.Cli.Commands.Local;
using Rouse.Cli.Terminal;
using Rouse.Server;
using Rouse.Server.Backup;

namespace Rouse.Cli.Commands.Backups;

/// <summary>Writes a backup of a server's folder, while the server runs or not.</summary>
internal sealed class BackupCommand : CliCommand
{
    private readonly Argument<string> _file;
    private readonly Option<string> _data;
    private readonly Option<bool> _force;

    public BackupCommand(CliContext cli)
        : base(cli, "backup", "Writes all a server knows into one file, while it runs.")
    {
        _file = Declare(new Argument<string>("file") { Description = "Where to; must not exist." });
        _data = Declare(new Option<string>("--data") { Description = "The server's data folder.", HelpName = "folder", DefaultValueFactory = _ => ServeCommand.DefaultData });
        _force = Declare(new Option<bool>("--force") { Description = "Replace the file if it is there." });
    }

    public override IReadOnlyList<Example> Examples =>
    [
        new($"{Line} rouse-monday.db", "of the server whose state is in ./data"),
        new($"{Line} /backup/rouse.db --data /var/lib/rouse --force", "each night over the one before"),
    ];

    public override string Remarks =>
        "For SQLite; what lies in PostgreSQL is backed up with pg_dump. The file appears when it is whole and was read back. In it are deployments, jobs, costs, logs and secrets, these sealed; "
        + "not in it are weights and the master key (ROUSE_MASTER_KEY, or keys/master.key in the data folder). Keep that elsewhere: without it no secret of a backup opens, and with both all do.";

    protected override async Task<ExitCode> RunAsync(Session session, ParseResult args, CancellationToken ct)
    {
        var (file, data) = (session.Host.ResolvePath(args.GetValue(_file)!), session.Host.ResolvePath(args.GetValue(_data)!));
        try
        {
            var contents = await Task.Run(() => BackupFile.Write(data, file, args.GetValue(_force)), ct);
            BackupPage.Show(session.Screen, contents, $"Backed up to {file}");
            return ExitCode.Ok;
        }
        catch (RouseHostException e)
        {
            return session.Fail(new Failure(ExitCode.Failed, "NO_BACKUP", $"there is no backup: {e.Message}", "nothing was changed; correct that and run it again"));
        }
    }
}
