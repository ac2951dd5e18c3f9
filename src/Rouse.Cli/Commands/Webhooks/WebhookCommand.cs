using System.CommandLine;
using Rouse.Cli.Api;
using Rouse.Cli.Terminal;
using Rouse.Contracts.Webhooks;

namespace Rouse.Cli.Commands.Webhooks;

/// <summary>A verb about one webhook.</summary>
internal abstract class WebhookCommand : CliCommand
{
    private readonly Argument<string> _id;

    protected WebhookCommand(CliContext cli, string name, string description)
        : base(cli, name, description) => _id = Declare(new Argument<string>("webhook") { Description = "Its id: whk_…, as `rouse webhooks list` shows it." });

    protected string IdOf(ParseResult args) => args.GetValue(_id)!;

    /// <summary>The secret alone on stdout, so that a script can keep it.</summary>
    internal static ExitCode TellSecret(Session session, Reply<WebhookSecretReply> reply, string how)
    {
        if (!reply.TryGet(out var made, out var failure)) return session.Fail(failure);
        if (session.Screen.IsJson) session.Screen.ResultJson(made, ClientJson.Api.WebhookSecretReply);
        else session.Screen.Result(made.Secret);
        session.Screen.Note($"{made.Webhook.Id} {how}. The secret is shown this once: keep it where {made.Webhook.Url} can verify with it.");
        if (made.Webhook.OldSecretUntil is { } until) session.Screen.Note(FormattableString.Invariant($"The former secret signs on until {until.UtcDateTime:yyyy-MM-dd HH:mm}Z."));
        return ExitCode.Ok;
    }

    internal static ExitCode TellQueued(Session session, Reply<WebhookQueuedReply> reply, string id)
    {
        if (!reply.TryGet(out var queued, out var failure)) return session.Fail(failure);
        var screen = session.Screen;
        if (screen.IsJson) screen.ResultJson(queued, ClientJson.Api.WebhookQueuedReply);
        else if (screen.Quiet) screen.Result(queued.DeliveryId ?? FormattableString.Invariant($"{queued.Queued}"));
        else screen.Result(FormattableString.Invariant($"{queued.Queued} queued. `rouse webhooks deliveries {id}` shows what comes of it."));
        return ExitCode.Ok;
    }

    /// <summary>Of <c>--event</c>; null when it was not given.</summary>
    internal static Option<string[]> DeclareEvents(CliCommand command) => command.Declare(new Option<string[]>("--event", "-e")
    {
        Description = "deployment.ready, .failed, .deleted, .phase_changed, job.completed, .failed, .cancelled, .timed_out, deployment.*, job.* or *.",
        HelpName = "type",
        AllowMultipleArgumentsPerToken = true,
    });
}
