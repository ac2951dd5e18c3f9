using System.CommandLine;
using System.Globalization;
using Rouse.Cli.Api;
using Rouse.Cli.Terminal;
using Rouse.Contracts.Webhooks;

namespace Rouse.Cli.Commands.Webhooks;

internal sealed class DeliveriesCommand : WebhookCommand
{
    private readonly Option<string?> _state;
    private readonly Option<int> _limit;

    public DeliveriesCommand(CliContext cli)
        : base(cli, "deliveries", "Shows what was sent to a webhook and what came of it, newest first.")
    {
        _state = Declare(new Option<string?>("--state") { Description = "waiting, sending, delivered or dead.", HelpName = "state" });
        _state.AcceptOnlyFromAmong("waiting", "sending", "delivered", "dead");
        _limit = Declare(new Option<int>("--limit") { Description = "1 to 100.", HelpName = "count", DefaultValueFactory = _ => 20 });
    }

    public override IReadOnlyList<Example> Examples =>
    [
        new($"{Line} whk_…", "the last twenty"),
        new($"{Line} whk_… --state dead -q", "the ids of dead letters"),
    ];

    protected override async Task<ExitCode> RunAsync(Session session, ParseResult args, CancellationToken ct)
    {
        var reply = await session.Api.Webhooks.DeliveriesAsync(IdOf(args), args.GetValue(_state), args.GetValue(_limit), ct);
        if (!reply.TryGet(out var page, out var failure)) return session.Fail(failure);
        var (screen, now) = (session.Screen, session.Time.GetUtcNow());
        if (screen.IsJson) screen.ResultJson(page, ClientJson.Api.WebhookDeliveryPage);
        else if (screen.Quiet) page.Deliveries.ToList().ForEach(delivery => screen.Result(delivery.Id));
        else if (page.Deliveries.Count > 0) Columns.Write(screen, [["ID", "EVENT", "STATE", "TRIES", "LAST", "AGE", "NEXT TRY"], .. page.Deliveries.Select(one => Row(one, now))]);
        else screen.Note("No deliveries.");
        return ExitCode.Ok;
    }

    private static Cell[] Row(WebhookDeliveryView delivery, DateTimeOffset now) =>
    [
        delivery.Id, delivery.Type, delivery.State, delivery.TotalTries.ToString(CultureInfo.InvariantCulture),
        delivery.LastStatus?.ToString(CultureInfo.InvariantCulture) ?? delivery.Failure ?? "-", Measures.Age(now - delivery.CreatedAt),
        delivery.NextTryAt is { } at ? at <= now ? "now" : "in " + Measures.Age(at - now) : "-",
    ];
}

internal sealed class ResendCommand : WebhookCommand
{
    private readonly Argument<string?> _delivery;
    private readonly Option<bool> _dead;

    public ResendCommand(CliContext cli)
        : base(cli, "resend", "Sends a delivery again, under its id, or all dead letters.")
    {
        _delivery = Declare(new Argument<string?>("delivery") { Description = "Its id, the webhook-id it was sent under.", Arity = ArgumentArity.ZeroOrOne });
        _dead = Declare(new Option<bool>("--dead") { Description = "All dead letters of the webhook." });
    }

    public override IReadOnlyList<Example> Examples =>
    [
        new($"{Line} whk_… dep_…_42", "one, whatever came of it"),
        new($"{Line} whk_… --dead", "after a receiver was away for longer than three days"),
    ];

    protected override async Task<ExitCode> RunAsync(Session session, ParseResult args, CancellationToken ct)
    {
        var delivery = args.GetValue(_delivery);
        if (delivery is null != args.GetValue(_dead)) return session.Fail(Failure.Usage("name one delivery, or --dead for all dead letters", "`rouse webhooks deliveries` shows the ids"));
        return TellQueued(session, await session.Api.Webhooks.ResendAsync(IdOf(args), delivery, ct), IdOf(args));
    }
}

internal sealed class TestWebhookCommand(CliContext cli) : WebhookCommand(cli, "test", "Sends a webhook.test event to one webhook.")
{
    public override IReadOnlyList<Example> Examples => [new($"{Line} whk_…", "does its receiver answer, and verify?")];

    protected override async Task<ExitCode> RunAsync(Session session, ParseResult args, CancellationToken ct) =>
        TellQueued(session, await session.Api.Webhooks.TestAsync(IdOf(args), ct), IdOf(args));
}
