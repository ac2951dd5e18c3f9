using System.CommandLine;
using Rouse.Cli.Api;
using Rouse.Contracts.Jobs;

namespace Rouse.Cli.Commands.Jobs;

/// <summary>Runs one inference and brings back what it made.</summary>
internal sealed class RunCommand : CliCommand
{
    private readonly Argument<string> _deployment;
    private readonly Option<string> _input;
    private readonly Option<string?> _out;
    private readonly Option<bool> _async;
    private readonly Option<bool> _stream;
    private readonly Option<TimeSpan?> _timeout;

    public RunCommand(CliContext cli, string name)
        : base(cli, name, "Runs one inference on a deployment and brings back the result.", formatOption: "--format")
    {
        _deployment = DeclareDeployment();
        _input = Declare(new Option<string>("--input", "-i")
        {
            Description = "The job's input: JSON, @file or - for stdin.", HelpName = "json|@file|-", Required = true,
        });
        _out = Declare(new Option<string?>("--out", "-o")
        {
            Description = "Write the picture here; more pictures get -1, -2, …", HelpName = "file",
        });
        _async = Declare(new Option<bool>("--async") { Description = "Submit, print the job's id and return." });
        _stream = Declare(new Option<bool>("--stream") { Description = "Print partial results as they come, one in a line." });
        _timeout = DeclareDuration("--timeout", "Stop waiting after this long (exit code 6); the job goes on. Default: 10m.");
    }

    public override IReadOnlyList<Example> Examples =>
    [
        new($$"""{{Line}} turbo --input '{"prompt":"a lighthouse at dawn","num_inference_steps":2,"seed":7}' -o out.png""", "a picture"),
        new($"{Line} turbo --input @input.json --format json", "the whole result, for a program"),
        new($"job=$({Line} turbo --input @input.json --async -q)", "submit only; `rouse job status turbo $job` looks at it"),
    ];

    public override string Remarks => "A sleeping deployment wakes for the job. Ctrl-C stops waiting; the job goes on.";

    /// <summary>A job's default execution timeout on the server.</summary>
    private static TimeSpan DefaultTimeout => TimeSpan.FromMinutes(10);

    protected override async Task<ExitCode> RunAsync(Session session, ParseResult args, CancellationToken ct)
    {
        using var limit = new Deadline(args.GetValue(_timeout) ?? DefaultTimeout, session.Time, ct);
        string? deployment = null;
        string? job = null;
        try
        {
            var read = await JobInput.ReadAsync(args.GetValue(_input)!, session.Host, ct);
            if (!read.TryGet(out var input, out var failure)) return session.Fail(failure);
            using var _ = input;
            var found = await session.Api.FindAsync(args.GetValue(_deployment)!, limit.Token);
            if (!found.TryGet(out var view, out failure)) return session.Fail(failure);
            deployment = view.DeploymentId;
            var request = new RunRequest { Input = input.RootElement };
            if (args.GetValue(_async)) return await SubmitAsync(session, deployment, request, limit.Token);
            if (args.GetValue(_stream)) return await new JobStream(session).RunAsync(deployment, request, id => job = id, limit.Token);

            var ran = await new JobLine(session.Screen, session.Time).ShowAsync(told => new JobRunner(session.Api, session.Time).RunAsync(
                deployment,
                request,
                news =>
                {
                    job = news.Job.Id;
                    told(news);
                },
                limit.Token));
            return ran.TryGet(out var ended, out failure) ? await FinishAsync(session, deployment, ended, args.GetValue(_out), limit.Token) : session.Fail(failure);
        }
        catch (OperationCanceledException) when (limit.HasPassed)
        {
            var what = job is null ? "the server has not answered" : $"job {job} has not ended; it goes on";
            return session.Fail(limit.Failure(what, Next(deployment, job)));
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested && job is not null)
        {
            session.Screen.Note($"\njob {job} goes on without you; {Next(deployment, job)}");
            return ExitCode.Interrupted;
        }
    }

    private static string Next(string? deployment, string? job)
        => job is null ? "run `rouse doctor`" : $"`rouse job status {deployment} {job}` looks at it, `rouse job cancel {deployment} {job}` stops it";

    private static async Task<ExitCode> SubmitAsync(Session session, string deployment, RunRequest request, CancellationToken ct)
    {
        var submitted = await session.Api.RunAsync(deployment, request, sync: false, ct);
        return submitted.TryGet(out var job, out var failure) ? JobPages.Show(session.Screen, deployment, job) : session.Fail(failure);
    }

    private static async Task<ExitCode> FinishAsync(Session session, string deployment, JobView job, string? file, CancellationToken ct)
    {
        if (job.Status is not "COMPLETED")
        {
            if (session.Screen.IsJson) session.Screen.ResultJson(job, ClientJson.Jobs.JobView);
            return session.Fail(JobPages.Failed(deployment, job));
        }

        return file is null ? JobPages.Show(session.Screen, deployment, job) : await JobPages.SaveAsync(session, deployment, job, file, ct);
    }
}
