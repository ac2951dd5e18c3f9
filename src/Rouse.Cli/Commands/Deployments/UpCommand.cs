using System.CommandLine;
using Rouse.Cli.Api;
using Rouse.Cli.Following;
using Rouse.Cli.Terminal;
using Rouse.Contracts.Deployments;

namespace Rouse.Cli.Commands.Deployments;

/// <summary>Deploys a model and follows it until it answers.</summary>
internal sealed class UpCommand : CliCommand
{
    private readonly UpOptions _options;
    private readonly Option<bool> _detach;
    private readonly Option<TimeSpan?> _timeout;
    private readonly Option<string?> _key;

    public UpCommand(CliContext cli, string name)
        : base(cli, name, "Deploys a model or a service, follows its start and prints where it answers.")
    {
        _options = new UpOptions(this, takesServices: true);
        _detach = Declare(new Option<bool>("--detach", "-d") { Description = "Return as soon as the deployment is accepted." });
        _timeout = DeclareDuration("--timeout", "Stop following after this long (exit code 6); the deployment goes on. Default: follow to the end.");
        _key = Declare(new Option<string?>("--idempotency-key")
        {
            Description = "Makes repeating this very command harmless for 24 h. Default: a new key, which still covers retries within one run.",
            HelpName = "key",
        });
    }

    public override IReadOnlyList<Example> Examples =>
    [
        new($"{Line} ./my-model", "deploy a folder and follow it"),
        new($"{Line} stabilityai/sd-turbo --gpu-tier A10 --name turbo", "deploy from the hub, under a name"),
        new($"{Line} org/name --provider runpod --runpod-key-file ~/.runpod-key", "on a Runpod account of your own"),
        new($"{Line} org/gated --hf-token-env HF_TOKEN", "a gated model"),
        new($"{Line} --image ghcr.io/acme/tts:1 --port 8000 --env API_TOKEN", "a container that speaks HTTP, with a variable of yours"),
        new($"{Line} --pod abc123 --port 8188 --idle-timeout 30m", "a pod that is there already: woken when asked, put to sleep when idle"),
        new($"id=$({Line} ./my-model -q)", "for scripts: only the id, exit code 0 when it is ready"),
    ];

    public override string Remarks => "Ctrl-C stops following; the deployment goes on. Progress goes to stderr, the endpoint to stdout.";

    protected override async Task<ExitCode> RunAsync(Session session, ParseResult args, CancellationToken ct)
    {
        if (!_options.Read(args, session.Host).TryGet(out var request, out var failure)) return session.Fail(failure);
        var created = await session.Api.CreateAsync(request, args.GetValue(_key) ?? session.NewKey(), ct);
        if (!created.TryGet(out var accepted, out failure)) return session.Fail(failure);

        var id = accepted.DeploymentId;
        if (session.Screen.Quiet) session.Screen.Result(id);
        if (args.GetValue(_detach)) return await ShowAcceptedAsync(session, id, ct);

        using var limit = new Deadline(args.GetValue(_timeout), session.Time, ct);
        try
        {
            session.Screen.NoteMarkup($"  {Screen.Tint("bold", accepted.ModelId)}   {Screen.Tint("dim", id)}\n");
            var followed = await StartViews.FollowAsync(session, id, limit.Token);
            return followed.TryGet(out var view, out failure) ? DeploymentPages.ShowStarted(session.Screen, view) : session.Fail(failure);
        }
        catch (OperationCanceledException) when (limit.HasPassed)
        {
            var next = $"`rouse wait {id}` follows it, `rouse rm {id}` removes it";
            return session.Fail(limit.Failure($"{id} is not ready yet; it goes on", next));
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            session.Screen.Note($"\n{id} goes on without you.");
            session.Screen.Note($"  follow  rouse wait {id}\n  remove  rouse rm {id}");
            return ExitCode.Interrupted;
        }
    }

    private static async Task<ExitCode> ShowAcceptedAsync(Session session, string id, CancellationToken ct)
    {
        if (session.Screen.Quiet) return ExitCode.Ok;
        var got = await session.Api.GetAsync(id, ct);
        if (!got.TryGet(out var view, out var failure)) return session.Fail(failure);
        if (session.Screen.IsJson)
        {
            session.Screen.ResultJson(view, ClientJson.Api.DeploymentView);
            return ExitCode.Ok;
        }

        session.Screen.Result(id);
        session.Screen.Note($"  follow  rouse wait {id}\n  remove  rouse rm {id}");
        return ExitCode.Ok;
    }
}
