using System.CommandLine;
using Rouse.Cli.Api;
using Rouse.Cli.Commands.Local;
using Rouse.Server;
using Rouse.Server.Backup;

namespace Rouse.Cli.Commands.Backups;

/// <summary>Makes a server's folder of a backup.</summary>
internal sealed class RestoreCommand : CliCommand
{
    private readonly Argument<string> _file;
    private readonly Option<string> _data;
    private readonly Option<bool> _force;

    public RestoreCommand(CliContext cli)
        : base(cli, "restore", "Makes a server's data folder of a backup.")
    {
        _file = Declare(new Argument<string>("file") { Description = "What `rouse backup` wrote." });
        _data = Declare(new Option<string>("--data") { Description = "The data folder to make.", HelpName = "folder", DefaultValueFactory = _ => ServeCommand.DefaultData });
        _force = Declare(new Option<bool>("--force") { Description = "Replace the database that is there; it is kept beside the new one." });
    }

    public override IReadOnlyList<Example> Examples =>
    [
        new($"{Line} rouse-monday.db --data /var/lib/rouse", "then `rouse serve --data /var/lib/rouse`"),
    ];

    public override string Remarks =>
        "Refuses while a server runs on the folder, when the backup is damaged, and when a newer Rouse wrote it. Give the server the master key it had: ROUSE_MASTER_KEY, or keys/master.key in the "
        + "folder. Never run the restored server beside the one it was taken from: both would look after the same backends at the providers.";

    protected override async Task<ExitCode> RunAsync(Session session, ParseResult args, CancellationToken ct)
    {
        var (file, data) = (session.Host.ResolvePath(args.GetValue(_file)!), session.Host.ResolvePath(args.GetValue(_data)!));
        try
        {
            var contents = await Task.Run(() => BackupFile.Restore(file, data, args.GetValue(_force)), ct);
            BackupPage.Show(session.Screen, contents, $"Restored to {data}");
            if (!contents.MasterKeyIsHere) session.Screen.Note($"Set ROUSE_MASTER_KEY, or put the key's file to {Path.Combine(data, "keys", "master.key")}, before the server is started.");
            return ExitCode.Ok;
        }
        catch (RouseHostException e)
        {
            return session.Fail(new Failure(ExitCode.Failed, "NOT_RESTORED", $"nothing is restored: {e.Message}", "the folder is as it was; correct that and run it again"));
        }
    }
}
