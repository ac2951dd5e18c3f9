using System.Text.Json.Nodes;
using Rouse.FakeRunpod.Http;
using Rouse.FakeRunpod.Serverless;
using Rouse.FakeRunpod.World;

namespace Rouse.FakeRunpod.Jobs;

/// <summary>The jobs of one endpoint. Guarded by the world's lock.</summary>
internal sealed class JobQueue(RunpodWorld world, ServerlessEndpoint endpoint)
{
    /// <summary>A job whose worker is lost is tried once more, then fails.</summary>
    public const int MostRetries = 1;

    /// <summary>Of a worker that pings: so long without one and it is taken for lost. This fake's own figure.</summary>
    public static readonly TimeSpan PingSilence = TimeSpan.FromSeconds(60);

    /// <summary>A job that a worker's pings do not name for so long never reached it. This fake's own figure: two default pings and more.</summary>
    public static readonly TimeSpan UnnamedGrace = TimeSpan.FromSeconds(25);

    private readonly List<Job> _jobs = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public bool IsClosed { get; private set; }

    /// <summary>Completes when something may be new for somebody who waits.</summary>
    public Task Changed => _changed.Task;

    public Job? Head => _jobs.Where(static job => job.Status == JobStatus.InQueue).MinBy(static job => job.QueuedAt);

    public int Waiting => Count(JobStatus.InQueue);

    public int Open => Waiting + Count(JobStatus.InProgress);

    public int Completed { get; private set; }

    public int Failed { get; private set; }

    public int Retried { get; private set; }

    public int Count(JobStatus status) => _jobs.Count(job => job.Status == status);

    public Job? Find(string id) => _jobs.Find(job => job.Id == id);

    public Job Add(JsonObject request, bool isSync)
    {
        // The suffix names the region, as on the real service.
        var job = new Job((isSync ? "sync-" : "") + world.Ids.Next(24) + "-u1", request, isSync, world.Now);
        _jobs.Add(job);
        endpoint.LastActive = world.Now;
        Wake();
        return job;
    }

    public Job? Lease(Worker worker)
    {
        if (Head is not { } job) return null;
        (job.Status, job.StartedAt, job.Worker, job.WorkerId) = (JobStatus.InProgress, world.Now, worker, worker.Id);
        worker.Jobs.Add(job);
        return job;
    }

    public void Finish(Job job, JobStatus status)
    {
        Release(job);
        (job.Status, job.EndedAt) = (status, world.Now);
        endpoint.LastActive = world.Now;
        if (status == JobStatus.Completed) Completed++;
        if (status is JobStatus.Failed or JobStatus.TimedOut) Failed++;
        if (job.Request.TextAt("webhook") is { } webhook) world.Webhooks.Tell(webhook, JobViews.ForWebhook(job));
        Wake();
    }

    /// <summary>Puts it back where it was in the queue.</summary>
    public void Requeue(Job job)
    {
        Release(job);
        (job.Status, job.StartedAt, job.EndedAt, job.Output, job.Error) = (JobStatus.InQueue, null, null, null, null);
        job.QueuedAt = world.Now;
        job.Chunks.Clear();
        Wake();
    }

    /// <summary>All that a vanished worker had.</summary>
    public void Lost(Worker worker)
    {
        foreach (var job in worker.Jobs.ToList()) Lost(job);
    }

    /// <summary>Compares what a worker says it has with what it was given.</summary>
    public void Named(Worker worker, IReadOnlyCollection<string> ids)
    {
        foreach (var job in worker.Jobs.Where(job => !ids.Contains(job.Id) && job.StartedAt + UnnamedGrace <= world.Now).ToList()) Lost(job);
    }

    public int Purge() => _jobs.RemoveAll(static job => job.Status == JobStatus.InQueue);

    public void Step(Moment moment)
    {
        foreach (var job in _jobs.ToList())
        {
            if (moment.IsDue(job.CreatedAt + JobPolicy.Ttl(job)) || (job.EndedAt is { } ended && moment.IsDue(ended + JobPolicy.Kept(job))))
            {
                StopWork(job);
                Release(job);
                _jobs.Remove(job);
                Wake();
            }
            else if (job is { Status: JobStatus.InProgress, StartedAt: { } started } && moment.IsDue(started + JobPolicy.Execution(job, endpoint.Timeout)))
            {
                job.Error = "job timed out";
                StopWork(job);
                Finish(job, JobStatus.TimedOut);
            }
        }

        foreach (var worker in endpoint.Workers.Where(static worker => worker.Jobs.Count > 0).ToList())
        {
            if (worker.LastPing is { } ping && moment.IsDue(ping + PingSilence)) Lost(worker);
        }
    }

    public void Cancel(Job job)
    {
        StopWork(job);
        Finish(job, JobStatus.Cancelled);
    }

    public void Close()
    {
        IsClosed = true;
        Wake();
    }

    public void Wake()
    {
        var changed = _changed;
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        changed.SetResult();
    }

    private void Lost(Job job)
    {
        if (job.Retries >= MostRetries)
        {
            job.Error = $"job timed out after {job.Retries} retries";
            Finish(job, JobStatus.Failed);
            return;
        }

        job.Retries++;
        Retried++;
        Requeue(job);
    }

    private static void StopWork(Job job)
    {
        if (job is { Status: JobStatus.InProgress, Worker: { } worker }) worker.JobsToStop.Add(job.Id);
    }

    private void Release(Job job)
    {
        if (job.Worker is not { } worker) return;
        worker.Jobs.Remove(job);
        if (worker.Jobs.Count == 0) worker.IdleSince = world.Now;
        job.Worker = null;
    }
}
