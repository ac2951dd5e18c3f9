using System.Globalization;
using System.Text.Json;
using Rouse.Cli.Api;
using Rouse.Cli.Commands.Deployments;
using Rouse.Cli.Commands.Jobs;
using Rouse.Cli.Following;
using Rouse.Cli.Terminal;
using Rouse.Contracts.Deployments;
using Rouse.Contracts.Jobs;
using Rouse.Onnx.Samples.TinyDiffusion;
using Rouse.Server;

namespace Rouse.Cli.Commands.Demo;

/// <summary>
/// The demo's steps: model, server, deployment, picture, removal. The deployment goes through the server's public API over HTTP; whichever step
/// fails, the server is stopped, and its workers end with it.
/// </summary>
internal sealed class DemoRun(Session session, DemoPlan plan, string scratch)
{
    /// <summary>A tiny model on a machine that is busy with other things.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    private readonly DemoSteps _steps = new(session.Screen, session.Time);

    public async Task<ExitCode> RunAsync(CancellationToken ct)
    {
        var model = Path.Combine(scratch, "tiny-diffusion");
        var made = await _steps.DoAsync("making a model", "model made", () => MakeModel(model), size => $"a tiny diffusion model, {size}");
        if (!made.TryGet(out _, out var failure)) return Fail(failure);
        var begun = await _steps.DoAsync("starting the server", "server started", () => StartAsync(ct), host => $"{host.BaseAddress} in here");
        if (!begun.TryGet(out var server, out failure)) return Fail(failure);
        await using (server)
        {
            using var caller = Session.Open(session.Host, session.Screen, server.BaseAddress, apiKey: null);
            return await UseAsync(caller, model, ct);
        }
    }

    private async Task<ExitCode> UseAsync(Session caller, string model, CancellationToken ct)
    {
        using var limit = new Deadline(s_patience, session.Time, ct);
        var id = "";
        try
        {
            _steps.Begin("deploying the model");
            var request = new CreateDeploymentRequest { ModelPath = model, Name = "rouse-demo" };
            var created = await caller.Api.CreateAsync(request, caller.NewKey(), limit.Token);
            if (!created.TryGet(out var accepted, out var failure)) return Fail(failure);
            id = accepted.DeploymentId;
            session.Screen.NoteMarkup($"\n  {Screen.Tint("dim", $"POST /v1/deployments  {id}")}");
            if (!(await StartViews.FollowAsync(caller, id, limit.Token)).TryGet(out var view, out failure)) return Fail(failure);
            if (view.Status is not PhaseWords.Ready) return Fail(DeploymentPages.Failed(view), view);

            session.Screen.NoteMarkup($"\n  {Screen.Tint("dim", $"POST /v2/{id}/runsync  {plan.Prompt}")}");
            var painted = await _steps.DoAsync("painting the picture", "picture painted", () => PaintAsync(caller, id, limit.Token), Times);
            if (!painted.TryGet(out var job, out failure)) return await FailAsync(caller, id, failure, limit.Token);
            var saved = await _steps.DoAsync("saving the picture", "picture saved", () => Task.FromResult(Save(view, job)), Size);
            if (!saved.TryGet(out var file, out failure)) return Fail(failure);

            session.Screen.NoteMarkup($"\n  {Screen.Tint("dim", $"DELETE /v1/deployments/{id}")}");
            var removed = await _steps.DoAsync(
                "removing the deployment", "deployment removed", () => RemoveAsync(caller, id, limit.Token), _ => "nothing is left");
            if (!removed.TryGet(out _, out failure)) return Fail(failure);
            session.Screen.Note("");
            session.Screen.Result(file.FullName);
            return ExitCode.Ok;
        }
        catch (OperationCanceledException) when (limit.HasPassed)
        {
            return await FailAsync(caller, id, limit.Failure("it was not done", "run `rouse doctor`, then try again"), ct);
        }
    }

    private Task<Reply<string>> MakeModel(string folder)
    {
        TinyDiffusionModel.Write(folder, plan.Seed);
        var size = new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);
        return Task.FromResult<Reply<string>>(Measures.Bytes(size));
    }

    private async Task<Reply<RouseHost>> StartAsync(CancellationToken ct)
    {
        var options = new RouseHostOptions { DataFolder = Path.Combine(scratch, "data"), Port = 0, Quiet = true, HandleSignals = false };
        try
        {
            return await RouseHost.StartAsync(options, ct);
        }
        catch (RouseHostException e)
        {
            return new Failure(ExitCode.Failed, "CANNOT_START", e.Message, "`rouse doctor` shows what is missing");
        }
    }

    private async Task<Reply<JobView>> PaintAsync(Session caller, string id, CancellationToken ct)
    {
        var input = new DemoInput(plan.Prompt, plan.Steps, plan.Seed);
        var request = new RunRequest { Input = JsonSerializer.SerializeToElement(input, ClientJson.Line.DemoInput) };
        var ran = await new JobRunner(caller.Api, session.Time).RunAsync(id, request, _ => { }, ct);
        if (!ran.TryGet(out var job, out var failure)) return failure;
        return job.Status is "COMPLETED" ? job : JobPages.Failed(id, job);
    }

    private Reply<FileInfo> Save(DeploymentView view, JobView job)
    {
        if (job.Output is not { } output || JobImages.Find(output) is not [var picture, ..])
            return new Failure(ExitCode.Failed, "NO_IMAGE", "the result holds no picture", "`rouse doctor` shows what is missing");
        var told = new ToldDemo
        {
            DeploymentId = view.DeploymentId,
            Phases = [.. view.Phases.SkipLast(1).Select(p => new ToldPhase(p.Phase, view.PhaseDurations.Seconds.GetValueOrDefault(p.Phase)))],
            DeployToReadySeconds = view.PhaseDurations.TotalElapsedSeconds,
            DelayTimeMs = job.DelayTime ?? 0,
            ExecutionTimeMs = job.ExecutionTime ?? 0,
            Bytes = picture.Length,
            Prompt = plan.Prompt,
            Seed = plan.Seed,
        };
        var file = new FileInfo(Path.Combine(plan.Folder, "rouse-demo.png"));
        try
        {
            Directory.CreateDirectory(plan.Folder);
            File.WriteAllBytes(file.FullName, picture);
            File.WriteAllText(Path.ChangeExtension(file.FullName, ".json"), JsonSerializer.Serialize(told, ClientJson.Told.ToldDemo) + "\n");
            return file;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new Failure(ExitCode.Failed, "CANNOT_WRITE", e.Message, "name a folder of yours with --out-dir");
        }
    }

    /// <summary>Removed, and the server's own search finds nothing in our name.</summary>
    private static async Task<Reply<DeploymentView>> RemoveAsync(Session caller, string id, CancellationToken ct)
    {
        var removed = await Removal.RemoveAsync(caller, id, noWait: false, ct);
        if (!removed.TryGet(out _, out var failure)) return failure;
        if (!(await caller.Api.DoctorAsync(ct)).TryGet(out var report, out failure)) return failure;
        var left = report.Checks.FirstOrDefault(check => check.Name.EndsWith("backends", StringComparison.Ordinal) && check.Status is not "ok");
        return left is null
            ? removed
            : new Failure(ExitCode.Failed, "LEFT_BEHIND", $"{left.Name}: {left.Message}", left.Next ?? "run the demo again");
    }

    private static string Times(JobView job)
        => string.Create(CultureInfo.InvariantCulture, $"waited {job.DelayTime ?? 0} ms, ran {job.ExecutionTime ?? 0} ms");

    private static string Size(FileInfo file) => $"{file.Name}, {Measures.Bytes(file.Length)}, and its figures in rouse-demo.json";

    private async Task<ExitCode> FailAsync(Session caller, string id, Failure failure, CancellationToken ct)
        => (await caller.Api.GetAsync(id, ct)).TryGet(out var view, out _) ? Fail(failure, view) : Fail(failure);

    private ExitCode Fail(Failure failure, DeploymentView? view = null)
    {
        if (view is not null) DeploymentPages.ShowLastLogs(session.Screen, view);
        return session.Fail(failure with { Exit = ExitCode.Failed, What = $"the demo failed while {_steps.Current}: {failure.What}" });
    }
}
