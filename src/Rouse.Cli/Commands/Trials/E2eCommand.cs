using System.CommandLine;
using System.Text.Json;
using Rouse.Cli.Api;
using Rouse.Cli.Commands.Deployments;
using Rouse.Cli.Commands.Jobs;
using Rouse.Cli.Terminal;
using Rouse.Contracts.Deployments;
using Rouse.Contracts.Jobs;

namespace Rouse.Cli.Commands.Trials;

/// <summary>The whole way with a watch in hand: deploy, paint, remove.</summary>
internal sealed class E2eCommand : CliCommand
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromMinutes(30);

    private readonly UpOptions _options;
    private readonly Option<TimeSpan?> _timeout;
    private readonly Option<string> _folder;
    private readonly Option<string> _prompt;
    private readonly Option<int> _seed;
    private readonly Option<int> _steps;

    public E2eCommand(CliContext cli)
        : base(cli, "e2e", "Deploys a model, paints a picture with it, removes it, and tells how long each took.", formatOption: "")
    {
        _options = new UpOptions(this);
        _timeout = DeclareDuration("--timeout", "Give up after this long, and remove what was deployed. Default: 30m.");
        _folder = Declare(new Option<string>("--out-dir")
        {
            Description = "Where rouse-e2e.png and rouse-e2e.json go. Default: the current folder.", HelpName = "folder", DefaultValueFactory = _ => ".",
        });
        _prompt = Declare(new Option<string>("--prompt") { Description = "What to paint.", HelpName = "words", DefaultValueFactory = _ => "a lighthouse at dawn" });
        _seed = Declare(new Option<int>("--seed") { Description = "Same seed, same picture.", HelpName = "number", DefaultValueFactory = _ => 7 });
        _steps = Declare(new Option<int>("--steps") { Description = "Steps of the model.", HelpName = "number", DefaultValueFactory = _ => 2 });
    }

    public override IReadOnlyList<Example> Examples =>
    [
        new($"{Line} stabilityai/sd-turbo --gpu-tier A10", "on the server's Runpod account"),
        new($"{Line} ./my-model --out-dir timings", "a folder of the server's machine"),
        new($"{Line} rouse/tiny-diffusion --gpu-tier A10", "against `rouse serve --fake-runpod`"),
        new($"{Line} org/name --no-reuse --timeout 20m --server https://rouse.example.com", "cold, on a server elsewhere"),
    ];

    public override string Remarks =>
        "T1 is from the request to ready, T2 from sending the job to holding its result; delay and execution are the provider's own figures. Prints what it writes to rouse-e2e.json. "
        + "What was deployed is removed whatever happens, also on Ctrl-C; ends with 1 when errors is not empty.";

    protected override async Task<ExitCode> RunAsync(Session session, ParseResult args, CancellationToken ct)
    {
        if (!_options.Read(args, session.Host).TryGet(out var request, out var failure)) return session.Fail(failure);
        var folder = session.Host.ResolvePath(args.GetValue(_folder)!);
        var trial = new Trial(session, "e2e");
        var told = new ToldE2e { Server = session.Api.Server.ToString(), ModelId = request.HfModelId ?? request.ModelPath, Errors = trial.Errors };
        var input = new DemoInput(args.GetValue(_prompt)!, args.GetValue(_steps), args.GetValue(_seed));
        await trial.RunAsync(
            request,
            args.GetValue(_timeout) ?? s_timeout,
            async (view, stop) =>
            {
                told = See(told, view);
                told = await PaintAsync(session, trial, view.DeploymentId, input, Path.Combine(folder, "rouse-e2e.png"), told, stop);
            },
            ct);
        told = told with
        {
            DeploymentId = trial.Id,
            CreateLatencyMs = trial.CreateMilliseconds,
            T1DeployToReadySec = trial.ReadySeconds,
            FinalStatus = trial.FinalStatus,
            DeleteStatusCode = trial.DeleteStatus,
            Released = trial.Released,
            EstimatedCostUsd = await CostAsync(session, trial.Id),
        };
        Write(Path.Combine(folder, "rouse-e2e.json"), told, trial);
        session.Screen.ResultJson(told, ClientJson.Told.ToldE2e);
        return trial.Interrupted ? ExitCode.Interrupted : trial.Errors.Count > 0 ? ExitCode.Failed : ExitCode.Ok;
    }

    private static ToldE2e See(ToldE2e told, DeploymentView view) => told with
    {
        ModelId = view.ModelId,
        Provider = view.Provider,
        Gpu = view.GpuAllocated,
        Phases = [.. view.Phases.SkipLast(1).Select(phase => new ToldPhase(phase.Phase, view.PhaseDurations.Seconds.GetValueOrDefault(phase.Phase)))],
    };

    private static async Task<ToldE2e> PaintAsync(Session session, Trial trial, string id, DemoInput input, string file, ToldE2e told, CancellationToken ct)
    {
        var began = session.Time.GetTimestamp();
        var request = new RunRequest { Input = JsonSerializer.SerializeToElement(input, ClientJson.Line.DemoInput) };
        var ran = await new JobRunner(session.Api, session.Time).RunAsync(id, request, _ => { }, ct);
        if (!ran.TryGet(out var job, out var failure))
        {
            trial.Fail(failure);
            return told;
        }

        told = told with
        {
            T2InferenceSec = Math.Round(session.Time.GetElapsedTime(began).TotalSeconds, 3), DelayTimeMs = job.DelayTime, ExecutionTimeMs = job.ExecutionTime,
        };
        if (job.Status is not "COMPLETED") trial.Fail(JobPages.Failed(id, job));
        else if (!(await JobPictures.ReadAsync(job.Output, ct)).TryGet(out var pictures, out var unread)) trial.Fail(unread);
        else if (pictures is not [var picture, ..])
            trial.Fail(new Failure(ExitCode.Failed, "NO_IMAGE", "the result holds no picture", "look at it with `rouse run`"));
        else if (Save(file, picture, trial)) return told with { Picture = file, PictureBytes = picture.Length };
        return told;
    }

    /// <summary>Null when it is not known: then nothing was made, or the server cannot be asked.</summary>
    private static async Task<decimal?> CostAsync(Session session, string? id)
    {
        using var limit = new Deadline(HttpCalls.AnswerTimeout, session.Time, CancellationToken.None);
        try
        {
            return id is not null && (await session.Api.CostAsync(id, limit.Token)).TryGet(out var cost, out _) ? cost.EstimatedCostUsd : null;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    private static void Write(string file, ToldE2e told, Trial trial)
        => Save(file, System.Text.Encoding.UTF8.GetBytes(JsonSerializer.Serialize(told, ClientJson.Told.ToldE2e) + "\n"), trial);

    private static bool Save(string file, byte[] bytes, Trial trial)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllBytes(file, bytes);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            trial.Fail(new Failure(ExitCode.Failed, "CANNOT_WRITE", e.Message, "name a folder of yours with --out-dir"));
            return false;
        }
    }
}
