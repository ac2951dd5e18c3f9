using System.Text.Json.Nodes;
using Rouse.FakeRunpod.Serverless;

namespace Rouse.FakeRunpod.Jobs;

/// <summary>Jobs and queues as callers see them.</summary>
internal static class JobViews
{
    public static JsonObject Brief(Job job) => new() { ["id"] = job.Id, ["status"] = Job.Word(job.Status) };

    public static JsonObject Full(Job job)
    {
        var view = Brief(job);
        if (job.StartedAt is { } started)
        {
            view["delayTime"] = Milliseconds(started - job.QueuedAt);
            if (job.EndedAt is { } ended) view["executionTime"] = Milliseconds(ended - started);
        }

        if (job.WorkerId is { } worker) view["workerId"] = worker;
        if (job.Output is { } output) view["output"] = output.DeepClone();
        if (job.Error is { } error) view["error"] = error;
        if (job.Retries > 0) view["retries"] = job.Retries;
        return view;
    }

    public static JsonObject ForWebhook(Job job)
    {
        var view = Full(job);
        view["input"] = job.Request["input"]?.DeepClone();
        view["webhook"] = job.Request["webhook"]?.DeepClone();
        return view;
    }

    public static JsonObject Stream(Job job)
    {
        var view = new JsonObject { ["status"] = Job.Word(job.Status), ["stream"] = new JsonArray([.. job.Chunks]) };
        job.Chunks.Clear();
        return view;
    }

    public static JsonObject Health(ServerlessEndpoint endpoint) => new()
    {
        ["jobs"] = new JsonObject
        {
            ["completed"] = endpoint.Queue.Completed,
            ["failed"] = endpoint.Queue.Failed,
            ["inProgress"] = endpoint.Queue.Count(JobStatus.InProgress),
            ["inQueue"] = endpoint.Queue.Waiting,
            ["retried"] = endpoint.Queue.Retried,
        },
        ["workers"] = new JsonObject
        {
            ["idle"] = WorkerViews.Count(endpoint, WorkerState.Idle),
            ["initializing"] = WorkerViews.Count(endpoint, WorkerState.Initializing),
            ["ready"] = WorkerViews.Count(endpoint, WorkerState.Idle),
            ["running"] = WorkerViews.Count(endpoint, WorkerState.Running),
            ["throttled"] = WorkerViews.Count(endpoint, WorkerState.Throttled),
            ["unhealthy"] = WorkerViews.Count(endpoint, WorkerState.Unhealthy),
        },
    };

    /// <summary>What a worker is handed: all the caller sent, under the job's id.</summary>
    public static JsonObject ForWorker(Job job)
    {
        var view = (JsonObject)job.Request.DeepClone();
        view["id"] = job.Id;
        view["delayTime"] = Milliseconds(job.StartedAt!.Value - job.QueuedAt);
        return view;
    }

    private static long Milliseconds(TimeSpan time) => (long)time.TotalMilliseconds;
}
