using System.CommandLine;
using System.Globalization;
using Rouse.Cli.Api;
using Rouse.Cli.Terminal;
using Rouse.Contracts.Tenants;

namespace Rouse.Cli.Commands.Keys;

internal sealed class ListKeysCommand : CliCommand
{
    private readonly Option<bool> _all;
    private readonly Option<string?> _tenant;

    public ListKeysCommand(CliContext cli)
        : base(cli, "list", "Lists keys, newest first, without showing them.")
    {
        _all = Declare(new Option<bool>("--all", "-a") { Description = "Revoked and expired ones too." });
        _tenant = Declare(new Option<string?>("--tenant") { Description = "Another tenant's, for the operator.", HelpName = "tenant" });
    }

    public override IReadOnlyList<Example> Examples =>
    [
        new(Line, "who may call in your name"),
        new($"{Line} --tenant alice -o json", "another tenant's, for a program"),
    ];

    protected override async Task<ExitCode> RunAsync(Session session, ParseResult args, CancellationToken ct)
    {
        var reply = await session.Api.KeysAsync(args.GetValue(_tenant), ct);
        if (!reply.TryGet(out var list, out var failure)) return session.Fail(failure);
        var (screen, now) = (session.Screen, session.Time.GetUtcNow());
        List<KeyView> shown = [.. list.Keys.Where(key => args.GetValue(_all) || Ended(key, now) is null)];
        if (screen.IsJson) screen.ResultJson(new KeyList(shown), ClientJson.Api.KeyList);
        else if (screen.Quiet) shown.ForEach(key => screen.Result(key.Id));
        else if (shown.Count > 0) Columns.Write(screen, [["ID", "KIND", "NAME", "SCOPES", "ENDS WITH", "LAST USED", "STATE"], .. shown.Select(key => Row(key, now))]);
        else screen.Note("No keys. `rouse keys create <name>` makes one.");
        return ExitCode.Ok;
    }

    private static Cell[] Row(KeyView key, DateTimeOffset now) =>
    [
        key.Id, key.Kind, key.Name, string.Join(',', key.Scopes), key.Hint.Length > 0 ? "…" + key.Hint : "-", Day(key.LastUsedAt) ?? "-",
        Ended(key, now) ?? (key.ExpiresAt is { } end ? $"until {Day(end)}" : "good"),
    ];

    private static string? Ended(KeyView key, DateTimeOffset now) => key.RevokedAt is not null ? "revoked" : key.ExpiresAt <= now ? "expired" : null;

    private static string? Day(DateTimeOffset? at) => at?.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
