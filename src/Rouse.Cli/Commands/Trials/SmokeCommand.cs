using System.CommandLine;
using Rouse.Cli.Api;
using Rouse.Cli.Commands.Deployments;
using Rouse.Cli.Terminal;

namespace Rouse.Cli.Commands.Trials;

/// <summary>Asks a server whether it works; with a model, by deploying and removing one.</summary>
internal sealed class SmokeCommand : CliCommand
{
    /// <summary>A cold start on a busy provider may take most of it.</summary>
    private static readonly TimeSpan s_timeout = TimeSpan.FromMinutes(30);

    private readonly UpOptions _options;
    private readonly Option<TimeSpan?> _timeout;

    public SmokeCommand(CliContext cli)
        : base(cli, "smoke", "Checks that a server works: health, readiness, metrics; with a model also create, ready, delete.", formatOption: "")
    {
        _options = new UpOptions(this, isModelNeeded: false);
        _timeout = DeclareDuration("--timeout", "Give up after this long, and remove what was deployed. Default: 30m.");
    }

    public override IReadOnlyList<Example> Examples =>
    [
        new(Line, "without deploying anything"),
        new($"{Line} stabilityai/sd-turbo --gpu-tier A10", "with a deployment, which is removed again"),
        new($"{Line} --server https://rouse.example.com && echo fine", "after a release of a server elsewhere"),
    ];

    public override string Remarks =>
        "Prints one JSON object and ends with 1 when its errors are not empty. What was deployed is removed whatever happens, also on Ctrl-C. metrics_ok is left out when the key may not see metrics.";

    protected override async Task<ExitCode> RunAsync(Session session, ParseResult args, CancellationToken ct)
    {
        var trial = new Trial(session, "smoke");
        var health = (await session.Api.LivenessAsync(ct)).TryGet(out _, out var failure);
        if (failure is not null) trial.Fail(failure);
        var ready = (await session.Api.ReadinessAsync(ct)).TryGet(out _, out failure);
        if (failure is not null) trial.Fail(failure);
        var metrics = Metrics(await session.Api.MetricsAsync(ct), trial);

        if (_options.HasModel(args) && health && ready)
        {
            if (!_options.Read(args, session.Host).TryGet(out var request, out failure)) return session.Fail(failure);
            await trial.RunAsync(request, args.GetValue(_timeout) ?? s_timeout, (_, _) => Task.CompletedTask, ct);
        }

        var told = new ToldSmoke
        {
            HealthOk = health,
            ReadinessOk = ready,
            MetricsOk = metrics,
            CreateLatencyMs = trial.CreateMilliseconds,
            ReadyLatencySec = trial.ReadySeconds,
            FinalStatus = trial.FinalStatus,
            DeleteStatusCode = trial.DeleteStatus,
            Released = trial.Released,
            Errors = trial.Errors,
        };
        session.Screen.ResultJson(told, ClientJson.Told.ToldSmoke);
        return trial.Interrupted ? ExitCode.Interrupted : trial.Errors.Count > 0 ? ExitCode.Failed : ExitCode.Ok;
    }

    private static bool? Metrics(Reply<Answer> reply, Trial trial)
    {
        if (reply.TryGet(out var answer, out var failure))
        {
            if (answer.Body.Contains("\nrouse_deployments_created_total ", StringComparison.Ordinal)) return true;
            failure = new Failure(ExitCode.Failed, "NO_METRICS", "/metrics does not count deployments", "is this a Rouse server?");
        }

        if (failure.Status is 401 or 403) return null;
        trial.Fail(failure);
        return false;
    }
}
