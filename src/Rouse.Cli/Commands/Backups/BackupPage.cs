using Rouse.Cli.Api;
using Rouse.Cli.Terminal;
using Rouse.Server.Backup;

namespace Rouse.Cli.Commands.Backups;

/// <summary>What a backup holds, as both commands tell it.</summary>
internal static class BackupPage
{
    public static void Show(Screen screen, BackupContents contents, string done)
    {
        if (screen.IsJson)
        {
            screen.ResultJson(new ToldBackup(contents.Path, contents.Bytes, contents.Schema, contents.Deployments, contents.MasterKeyIds), ClientJson.Told.ToldBackup);
            return;
        }

        if (screen.Quiet)
        {
            screen.Result(contents.Path);
            return;
        }

        screen.Result(FormattableString.Invariant($"{done}: {contents.Deployments} deployments, {Measures.Bytes(contents.Bytes)}, schema {contents.Schema}, sound."));
        if (contents.MasterKeyIds.Count > 0) screen.Note($"Its secrets open with master key {string.Join(" and ", contents.MasterKeyIds)}, which is not in it.");
    }
}
