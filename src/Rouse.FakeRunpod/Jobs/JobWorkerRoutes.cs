using System.Globalization;
using System.Text.Json.Nodes;
using Rouse.FakeRunpod.Http;
using Rouse.FakeRunpod.Serverless;
using Rouse.FakeRunpod.World;

namespace Rouse.FakeRunpod.Jobs;

/// <summary>
/// The job plane as a worker calls it. Its server side is not documented: this is what runpod-python 1.12.0 (github.com/runpod/runpod-python)
/// needs and understands.
/// </summary>
internal sealed class JobWorkerRoutes(RunpodWorld world)
{
    /// <summary>A worker asks for no more than it runs at once; this bounds what it may claim to.</summary>
    private const int MostInBatch = 100;

    public static bool Knows(string operation) => operation is "job-take" or "job-take-batch" or "job-done" or "job-stream" or "job-stop" or "ping";

    public async Task<Answer?> AnswerAsync(JobCall call, CancellationToken ct)
    {
        if (call.First is not { } id) return null;
        var (endpoint, worker) = world.Read(() =>
        {
            var endpoint = world.Endpoints.Find(call.Endpoint);
            return (endpoint, endpoint?.Workers.Find(worker => worker.Id == id));
        });
        // 429 makes a worker that should be gone wait 5 s, where every other refusal makes it ask again at once.
        if (endpoint is null || worker is null) return JobClientRoutes.Refuse(429, "no such worker");
        if (call.Key != worker.Key) return JobClientRoutes.Refuse(401, "unauthorized");
        return (call.Method, call.Operation, call.Second) switch
        {
            ("GET", "job-take", null) => await PollAsync(endpoint, () => Take(endpoint, worker, 1) is [var job, ..] ? job : null, worker, ct),
            ("GET", "job-take-batch", null) => await PollAsync(endpoint, () => Take(endpoint, worker, BatchSize(call)) is { Count: > 0 } jobs ? Json.Array(jobs) : null, worker, ct),
            ("GET", "job-stop", null) => await PollAsync(endpoint, () => Stops(worker), worker, ct),
            ("GET", "ping", null) => world.Enter(() => Ping(endpoint, worker, call)),
            ("POST", "job-done", { } job) => world.Enter(() => Done(endpoint, worker, job, call)),
            ("POST", "job-stream", { } job) => world.Enter(() => Stream(endpoint, job, call)),
            _ => null,
        };
    }

    /// <summary>Puts back what was leased for a connection that has died before it was told.</summary>
    public void Undo(string endpoint, Answer answer) => world.Enter(() =>
    {
        if (world.Endpoints.Find(endpoint) is not { } found) return;
        foreach (var id in (answer.Body is JsonArray list ? list : [answer.Body?.DeepClone()]).Select(static job => job.TextAt("id")))
        {
            if (id is not null && found.Queue.Find(id) is { Status: JobStatus.InProgress } job) found.Queue.Requeue(job);
        }
    });

    private async Task<Answer> PollAsync(ServerlessEndpoint endpoint, Func<JsonNode?> look, Worker worker, CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(world.Script.PollHold, world.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ct);
        while (true)
        {
            var (found, isGone, changed) = world.Enter(() => (look(), !endpoint.Workers.Contains(worker), endpoint.Queue.Changed));
            if (found is not null) return Answer.Ok(found);
            // A worker that is to end does not wait for its polls.
            if (isGone || !await Pause.UntilAsync(changed, either.Token)) return Answer.NoContent;
        }
    }

    private List<JsonNode> Take(ServerlessEndpoint endpoint, Worker worker, int most)
    {
        if (!worker.IsReady) (worker.IsReady, worker.IdleSince) = (true, world.Now);
        var jobs = new List<JsonNode>();
        while (!worker.IsDraining && !worker.IsStale && !worker.IsUnwell && jobs.Count < most && endpoint.Queue.Lease(worker) is { } job)
        {
            jobs.Add(JobViews.ForWorker(job));
        }

        return jobs;
    }

    private static JsonObject? Stops(Worker worker)
    {
        if (worker.JobsToStop.Count == 0) return null;
        var stops = new JsonObject { ["jobsToStop"] = Json.Array(worker.JobsToStop) };
        worker.JobsToStop.Clear();
        return stops;
    }

    private Answer Ping(ServerlessEndpoint endpoint, Worker worker, JobCall call)
    {
        worker.LastPing = world.Now;
        endpoint.Queue.Named(worker, call.Query("job_id")?.Split(',') ?? []);
        if (call.Query("status") is "unhealthy") worker.IsUnwell = true;
        return new Answer(200);
    }

    private static Answer Done(ServerlessEndpoint endpoint, Worker worker, string id, JobCall call)
    {
        // Any 4xx makes the worker throw the result away: late and unknown ones are taken and forgotten.
        if (endpoint.Queue.Find(id) is not { IsOver: false } job || call.Json() is not JsonObject body) return new Answer(200);
        var output = body["output"]?.DeepClone();
        if (body.TextAt("status") is "IN_PROGRESS")
        {
            job.Output = output;
            return new Answer(200);
        }

        // Without return_aggregate_stream the last word of a generator is empty.
        job.Output = call.Query("isStream") is "true" && output is JsonArray { Count: 0 } ? null : output;
        job.Error = body["error"] is { } error ? error.TextOrJson() : null;
        if (body["stopPod"] is JsonValue) worker.IsDraining = true;
        endpoint.Queue.Finish(job, job.Error is null ? JobStatus.Completed : JobStatus.Failed);
        return new Answer(200);
    }

    private static Answer Stream(ServerlessEndpoint endpoint, string id, JobCall call)
    {
        if (endpoint.Queue.Find(id) is { IsOver: false } job && call.Json() is { } chunk) job.Chunks.Add(chunk);
        return new Answer(200);
    }

    private static int BatchSize(JobCall call) =>
        int.TryParse(call.Query("batch_size"), NumberStyles.None, CultureInfo.InvariantCulture, out var size) ? Math.Clamp(size, 1, MostInBatch) : 1;
}
