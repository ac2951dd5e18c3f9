using System.CommandLine;
using System.Text.Json;
using Rouse.Cli.Api;
using Rouse.Cli.Terminal;
using Rouse.Contracts.Deployments;

namespace Rouse.Cli.Commands.Deployments;

internal sealed class RemoveCommand : CliCommand
{
    /// <summary>A worker is given time to finish its job; a provider takes its time to list.</summary>
    private static readonly TimeSpan s_defaultTimeout = TimeSpan.FromMinutes(2);

    private readonly Argument<string[]> _deployments;
    private readonly Option<bool> _noWait;
    private readonly Option<TimeSpan?> _timeout;

    public RemoveCommand(CliContext cli, string name)
        : base(cli, name, "Removes deployments and waits until nothing of them runs any more.")
    {
        _deployments = Declare(new Argument<string[]>("deployment")
        {
            Description = "Ids, names, or first characters of ids.", Arity = ArgumentArity.OneOrMore,
        });
        _noWait = Declare(new Option<bool>("--no-wait") { Description = "Return as soon as the removal is accepted." });
        _timeout = DeclareDuration("--timeout", "Stop waiting after this long (exit code 6); the removal goes on. Default: 2m.");
    }

    public override IReadOnlyList<Example> Examples =>
    [
        new($"{Line} turbo", "remove it and wait for the release"),
        new($"{Line} $(rouse ls -q)", "remove all"),
        new($"{Line} turbo --no-wait", "do not wait"),
    ];

    public override string Remarks => "Removing twice is no error.";

    protected override async Task<ExitCode> RunAsync(Session session, ParseResult args, CancellationToken ct)
    {
        using var limit = new Deadline(args.GetValue(_timeout) ?? s_defaultTimeout, session.Time, ct);
        var worst = ExitCode.Ok;
        foreach (var typed in args.GetValue(_deployments)!)
        {
            var ended = await RemoveAsync(session, typed, args.GetValue(_noWait), limit);
            if (worst is ExitCode.Ok) worst = ended;
        }

        return worst;
    }

    private static async Task<ExitCode> RemoveAsync(Session session, string typed, bool noWait, Deadline limit)
    {
        try
        {
            var found = await session.Api.FindAsync(typed, limit.Token);
            if (!found.TryGet(out var view, out var failure)) return session.Fail(failure);
            if (Removal.IsGone(view)) return Tell(session.Screen, view, "was removed already; nothing of it is left");
            Reply<DeploymentView> removed;
            await using (new Doing(session.Screen, session.Time, "removing; the provider's list must show nothing left"))
                removed = await Removal.RemoveAsync(session, view.DeploymentId, noWait, limit.Token);
            if (!removed.TryGet(out view, out failure)) return session.Fail(failure);
            return Tell(session.Screen, view, Removal.IsGone(view) ? "removed; its resources are released" : "is being removed");
        }
        catch (OperationCanceledException) when (limit.HasPassed)
        {
            var what = $"{typed} is not released yet; the removal goes on";
            return session.Fail(limit.Failure(what, $"`rouse wait {typed} --for deleted` waits on"));
        }
    }

    private static ExitCode Tell(Screen screen, DeploymentView view, string how)
    {
        var told = new ToldRemoval(view.DeploymentId, view.Status, view.ResourcesReleasedAt);
        if (screen.IsJson) screen.Result(JsonSerializer.Serialize(told, ClientJson.Line.ToldRemoval));
        else screen.Result(screen.Quiet ? view.DeploymentId : $"{view.DeploymentId} {how}");
        return ExitCode.Ok;
    }
}
