using System.CommandLine;
using System.Globalization;
using Rouse.Cli.Api;
using Rouse.Cli.Terminal;
using Rouse.Contracts.Webhooks;

namespace Rouse.Cli.Commands.Webhooks;

internal sealed class ListWebhooksCommand(CliContext cli) : CliCommand(cli, "list", "Lists webhooks, oldest first, without their secrets.")
{
    /// <summary>Pages of a hundred that are read at most.</summary>
    private const int MaxPages = 100;

    public override IReadOnlyList<Example> Examples =>
    [
        new(Line, "who is told what, and whether it gets there"),
        new($"{Line} -o json", "everything, for a program"),
    ];

    public override string Remarks => "Those that deployments named with --webhook are listed too, as implicit.";

    protected override async Task<ExitCode> RunAsync(Session session, ParseResult args, CancellationToken ct)
    {
        List<WebhookView> all = [];
        string? cursor = null;
        for (var pages = 0; pages == 0 || (cursor is not null && pages < MaxPages); pages++)
        {
            var reply = await session.Api.Webhooks.ListAsync(cursor, ct);
            if (!reply.TryGet(out var page, out var failure)) return session.Fail(failure);
            all.AddRange(page.Webhooks);
            cursor = page.NextCursor;
        }

        var screen = session.Screen;
        if (screen.IsJson) screen.ResultJson(new WebhookPage(all, null), ClientJson.Api.WebhookPage);
        else if (screen.Quiet) all.ForEach(webhook => screen.Result(webhook.Id));
        else if (all.Count > 0) Show(screen, all);
        else screen.Note("No webhooks. `rouse webhooks create <url>` makes one.");
        return ExitCode.Ok;
    }

    public static void Show(Screen screen, IReadOnlyList<WebhookView> webhooks) =>
        Columns.Write(screen, [["ID", "STATE", "WAITING", "DEAD", "EVENTS", "URL"], .. webhooks.Select(Row)]);

    private static Cell[] Row(WebhookView webhook) =>
        [webhook.Id, State(webhook), Number(webhook.Waiting), Number(webhook.DeadLetters), webhook.Implicit ? "implicit" : string.Join(',', webhook.Events), webhook.Url];

    private static string State(WebhookView webhook) =>
        !webhook.Enabled ? $"disabled ({webhook.DisabledReason})" : webhook.PausedUntil is not null ? "paused" : webhook.Failing ? "failing" : "well";

    private static string Number(long count) => count.ToString(CultureInfo.InvariantCulture);
}
