using System.CommandLine;
using System.Globalization;
using Rouse.Cli.Api;
using Rouse.Cli.Terminal;
using Rouse.Contracts;

namespace Rouse.Cli.Commands.Caching;

/// <summary>For the operator: what lies in the shared cache.</summary>
internal sealed class CacheListCommand(CliContext cli, string name) : CliCommand(cli, name, "Lists what lies in the shared cache. For the operator.")
{
    public override IReadOnlyList<Example> Examples => [new(Line, "models, commits, sizes"), new($"{Line} -o json", "for a program")];

    public override string Remarks => "Needs a key with the scope admin.";

    protected override async Task<ExitCode> RunAsync(Session session, ParseResult args, CancellationToken ct)
    {
        var reply = await session.Api.CacheAsync(ct);
        if (!reply.TryGet(out var list, out var failure)) return session.Fail(failure);
        var screen = session.Screen;
        if (screen.IsJson) screen.ResultJson(list, ClientJson.Api.CacheList);
        else if (screen.Quiet) list.Entries.ToList().ForEach(entry => screen.Result(entry.ModelId));
        else if (list.Entries.Count == 0) screen.Result($"Nothing lies in {list.Url} yet.");
        else Columns.Write(screen, [["MODEL", "COMMIT", "STATE", "FILES", "SIZE", ""], .. list.Entries.Select(Row)]);
        return ExitCode.Ok;
    }

    private static Cell[] Row(CacheEntryView entry) =>
    [
        entry.ModelId, entry.Commit[..Math.Min(8, entry.Commit.Length)], entry.State, entry.Files.ToString(CultureInfo.InvariantCulture),
        $"{(entry.Bytes / 1e6).ToString("0.0", CultureInfo.InvariantCulture)} MB", entry.Error ?? "",
    ];
}
