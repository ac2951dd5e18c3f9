using System.CommandLine;
using Rouse.Cli.Api;
using Rouse.Contracts.Webhooks;

namespace Rouse.Cli.Commands.Webhooks;

internal sealed class CreateWebhookCommand : CliCommand
{
    private readonly Argument<string> _url;
    private readonly Option<string[]> _events;
    private readonly Option<string?> _description;

    public CreateWebhookCommand(CliContext cli)
        : base(cli, "create", "Has events sent to a URL, signed, and shows the secret once.")
    {
        _url = Declare(new Argument<string>("url") { Description = "http(s) address." });
        _events = WebhookCommand.DeclareEvents(this);
        _description = Declare(new Option<string?>("--description") { Description = "For you.", HelpName = "text" });
    }

    public override IReadOnlyList<Example> Examples =>
    [
        new($"{Line} https://example.org/hook", "told when a deployment is ready, has failed or is deleted"),
        new($"{Line} https://example.org/hook -e 'deployment.*' 'job.*'", "told everything"),
        new($"export WEBHOOK_SECRET=$({Line} https://example.org/hook -q)", "keeps the secret"),
    ];

    public override string Remarks => "Signatures follow Standard Webhooks 1.0.0 (standardwebhooks.com), whose libraries verify them; so does `rouse webhooks verify`.";

    protected override async Task<ExitCode> RunAsync(Session session, ParseResult args, CancellationToken ct)
    {
        var events = args.GetValue(_events) is { Length: > 0 } given ? given : null;
        var request = new CreateWebhookRequest { Url = args.GetValue(_url)!, Events = events, Description = args.GetValue(_description) };
        return WebhookCommand.TellSecret(session, await session.Api.Webhooks.CreateAsync(request, ct), "is told from now on");
    }
}

internal sealed class UpdateWebhookCommand : WebhookCommand
{
    private readonly Option<string?> _url;
    private readonly Option<string[]> _events;
    private readonly Option<string?> _description;
    private readonly Option<bool> _enable;
    private readonly Option<bool> _disable;

    public UpdateWebhookCommand(CliContext cli)
        : base(cli, "update", "Changes a webhook; what is not named stays.")
    {
        _url = Declare(new Option<string?>("--url") { Description = "http(s) address.", HelpName = "url" });
        _events = DeclareEvents(this);
        _description = Declare(new Option<string?>("--description") { Description = "For you.", HelpName = "text" });
        _enable = Declare(new Option<bool>("--enable") { Description = "Sends again, and what waits." });
        _disable = Declare(new Option<bool>("--disable") { Description = "Sends nothing; what waits is kept for 30 days." });
    }

    public override IReadOnlyList<Example> Examples =>
    [
        new($"{Line} whk_… --enable", "after its receiver had answered 410"),
        new($"{Line} whk_… -e 'job.*'", "other events"),
    ];

    protected override async Task<ExitCode> RunAsync(Session session, ParseResult args, CancellationToken ct)
    {
        var (enable, disable) = (args.GetValue(_enable), args.GetValue(_disable));
        if (enable && disable) return session.Fail(Failure.Usage("--enable and --disable exclude each other", "name one"));
        var request = new UpdateWebhookRequest
        {
            Url = args.GetValue(_url), Events = args.GetValue(_events) is { Length: > 0 } events ? events : null, Description = args.GetValue(_description),
            Enabled = enable ? true : disable ? false : null,
        };
        var reply = await session.Api.Webhooks.UpdateAsync(IdOf(args), request, ct);
        if (!reply.TryGet(out var webhook, out var failure)) return session.Fail(failure);
        if (session.Screen.IsJson) session.Screen.ResultJson(webhook, ClientJson.Api.WebhookView);
        else ListWebhooksCommand.Show(session.Screen, [webhook]);
        return ExitCode.Ok;
    }
}

internal sealed class RotateWebhookCommand : WebhookCommand
{
    private readonly Option<TimeSpan?> _overlap;
    private readonly Option<bool> _atOnce;

    public RotateWebhookCommand(CliContext cli)
        : base(cli, "rotate", "Makes a new signing secret and shows it once.")
    {
        _overlap = DeclareDuration("--overlap", "For how long the former secret signs too, at most 168h. Default: 24h.");
        _atOnce = Declare(new Option<bool>("--at-once") { Description = "The former secret signs no more." });
    }

    public override IReadOnlyList<Example> Examples =>
    [
        new($"{Line} whk_…", "both secrets sign for a day"),
        new($"{Line} whk_… --at-once", "the former has leaked"),
    ];

    public override string Remarks => "Also how to get the secret of a webhook that stands for a deployment's own URL.";

    protected override async Task<ExitCode> RunAsync(Session session, ParseResult args, CancellationToken ct) =>
        TellSecret(session, await session.Api.Webhooks.RotateAsync(IdOf(args), args.GetValue(_atOnce) ? TimeSpan.Zero : args.GetValue(_overlap), ct), "has a new secret");
}

internal sealed class RemoveWebhookCommand(CliContext cli) : WebhookCommand(cli, "rm", "Removes a webhook, its secret, what waits for it and its log.")
{
    public override IReadOnlyList<Example> Examples => [new($"{Line} whk_…", "nothing more is sent there")];

    protected override async Task<ExitCode> RunAsync(Session session, ParseResult args, CancellationToken ct)
    {
        var reply = await session.Api.Webhooks.RemoveAsync(IdOf(args), ct);
        if (!reply.TryGet(out _, out var failure)) return session.Fail(failure);
        session.Screen.Result(session.Screen.IsJson ? $$"""{"id":"{{IdOf(args)}}"}""" : session.Screen.Quiet ? IdOf(args) : $"{IdOf(args)} is removed");
        return ExitCode.Ok;
    }
}
