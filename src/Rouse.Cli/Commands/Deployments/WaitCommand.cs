using System.CommandLine;
using Rouse.Cli.Api;
using Rouse.Cli.Following;
using Rouse.Cli.Terminal;
using Rouse.Contracts.Deployments;

namespace Rouse.Cli.Commands.Deployments;

internal sealed class WaitCommand : CliCommand
{
    /// <summary>A start's own limit is 30 minutes by default; who waits longer than 5 without saying so has usually forgotten.</summary>
    private static readonly TimeSpan s_defaultTimeout = TimeSpan.FromMinutes(5);

    private readonly Argument<string> _deployment;
    private readonly Option<string> _for;
    private readonly Option<TimeSpan?> _timeout;

    public WaitCommand(CliContext cli, string name)
        : base(cli, name, "Waits until a deployment is ready, deleted, or in a phase.")
    {
        _deployment = DeclareDeployment();
        _for = Declare(new Option<string>("--for")
        {
            Description = $"The phase: {string.Join(", ", PhaseWords.All)}.", HelpName = "phase", DefaultValueFactory = _ => PhaseWords.Ready,
        });
        _for.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && !PhaseWords.All.Contains(result.Tokens[0].Value, StringComparer.Ordinal))
                result.AddError($"'{result.Tokens[0].Value}' is no phase; there are {string.Join(", ", PhaseWords.All)}.");
        });
        _timeout = DeclareDuration("--timeout", "Give up after this long (exit code 6). Default: 5m.");
    }

    public override IReadOnlyList<Example> Examples =>
    [
        new($"{Line} turbo", "until it is ready"),
        new($"{Line} turbo --for deleted --timeout 1m", "until it is gone"),
    ];

    public override string Remarks => "Ends with 1 as soon as the phase cannot be reached any more.";

    protected override async Task<ExitCode> RunAsync(Session session, ParseResult args, CancellationToken ct)
    {
        var wanted = args.GetValue(_for)!;
        var id = args.GetValue(_deployment)!;
        using var limit = new Deadline(args.GetValue(_timeout) ?? s_defaultTimeout, session.Time, ct);
        try
        {
            var found = await session.Api.FindAsync(id, limit.Token);
            if (!found.TryGet(out var view, out var failure)) return session.Fail(failure);
            id = view.DeploymentId;
            var waited = PhaseWords.HasReached(view.Status, wanted) ? view : await FollowAsync(session, id, wanted, limit.Token);
            return waited.TryGet(out view, out failure) ? Show(session.Screen, view, wanted) : session.Fail(failure);
        }
        catch (OperationCanceledException) when (limit.HasPassed)
        {
            return session.Fail(limit.Failure($"{id} is not {wanted} yet; it goes on", $"`rouse get {id}` shows what it waits for"));
        }
    }

    private static async Task<Reply<DeploymentView>> FollowAsync(Session session, string id, string wanted, CancellationToken ct)
    {
        await using var view = StartViews.For(session.Screen, session.Time);
        return await new Follower(session.Api, session.Time).FollowAsync(id, IsEnd, view, ct);

        bool IsEnd(string phase) => PhaseWords.HasReached(phase, wanted) || IsHopeless(phase, wanted);
    }

    /// <summary>What is ending can still become deleted, and nothing else.</summary>
    private static bool IsHopeless(string phase, string wanted)
        => phase is PhaseWords.Deleted || (PhaseWords.IsEnding(phase) && !PhaseWords.IsEnding(wanted));

    private static ExitCode Show(Screen screen, DeploymentView view, string wanted)
    {
        if (!PhaseWords.HasReached(view.Status, wanted)) return DeploymentPages.ShowFailed(screen, view);
        if (screen.IsJson) screen.ResultJson(view, ClientJson.Api.DeploymentView);
        else screen.Result(screen.Quiet ? view.DeploymentId : $"{view.DeploymentId} is {view.Status}");
        return ExitCode.Ok;
    }
}
