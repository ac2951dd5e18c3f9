using System.Globalization;
using System.Text.Json;
using Rouse.Cli.Api;
using Rouse.Contracts.Jobs;

namespace Rouse.Cli.Commands.Jobs;

/// <summary>Submits a job and looks at it until it has ended.</summary>
internal sealed class JobRunner(RouseClient api, TimeProvider time)
{
    private static readonly TimeSpan s_firstLook = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(1);

    public static bool HasEnded(JobView job) => job.Status is "COMPLETED" or "FAILED" or "CANCELLED" or "TIMED_OUT";

    /// <param name="told">Called with every look; also right after submission, so that the job's id is known.</param>
    public async Task<Reply<JobView>> RunAsync(string deployment, RunRequest request, Action<JobNews> told, CancellationToken ct)
    {
        var submitted = await api.RunAsync(deployment, request, sync: true, ct);
        return submitted.TryGet(out var job, out var failure) ? await FollowAsync(deployment, job, told, ct) : failure;
    }

    /// <summary>Looks again, ever less often, until the job has ended.</summary>
    public async Task<Reply<JobView>> FollowAsync(string deployment, JobView job, Action<JobNews> told, CancellationToken ct)
    {
        for (var pause = s_firstLook; ; pause = pause * 1.5 < s_longestPause ? pause * 1.5 : s_longestPause)
        {
            told(new JobNews(job, job.Status is "IN_QUEUE" ? await WaitingAsync(deployment, ct) : null));
            if (HasEnded(job)) return job;
            await Task.Delay(pause, time, ct);
            var looked = await api.JobAsync(deployment, job.Id, ct);
            if (!looked.TryGet(out var next, out var failure)) return failure;
            job = next;
        }
    }

    /// <summary>How far a running job says it is: a worker's progress stands in the output of a job that has not ended.</summary>
    public static string? ProgressOf(JobView job)
    {
        if (HasEnded(job) || job.Output is not { } output) return null;
        return output.ValueKind switch
        {
            JsonValueKind.String => output.GetString(),
            JsonValueKind.Object when output.TryGetProperty("step", out var step) && output.TryGetProperty("steps", out var steps)
                => $"step {step} of {steps}",
            _ => null,
        };
    }

    private async Task<string?> WaitingAsync(string deployment, CancellationToken ct)
    {
        if (!(await api.HealthAsync(deployment, ct)).TryGet(out var health, out _)) return null;
        var workers = health.Workers;
        if (workers.Running + workers.Idle + workers.Ready > 0)
            return string.Create(CultureInfo.InvariantCulture, $"{health.Jobs.InQueue} queued, {workers.Running} running");
        return workers.Initializing > 0 ? "a worker is waking" : "no worker yet";
    }
}
