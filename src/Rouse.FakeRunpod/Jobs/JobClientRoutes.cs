using System.Globalization;
using System.Text.Json.Nodes;
using Rouse.FakeRunpod.Http;
using Rouse.FakeRunpod.Serverless;
using Rouse.FakeRunpod.World;

namespace Rouse.FakeRunpod.Jobs;

/// <summary>The job plane as an account calls it: <c>/v2/{endpoint}/run</c> and its like. Refusals here are <c>{"error": …}</c>.</summary>
internal sealed class JobClientRoutes(RunpodWorld world)
{
    private const int MostRunBytes = 10 << 20;
    private const int MostRunSyncBytes = 20 << 20;

    private static readonly TimeSpan s_defaultWait = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan s_shortestWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_longestWait = TimeSpan.FromSeconds(300);

    /// <summary>Answers, or null when there is no such operation.</summary>
    public async Task<Answer?> AnswerAsync(JobCall call, CancellationToken ct)
    {
        if (world.Read(() => world.Accounts.Find(account => account.Keys.Contains(call.Key))) is not { } account) return Refuse(401, "unauthorized");
        if (world.Read(() => world.Endpoints.Find(account, call.Endpoint)) is not { } endpoint) return Refuse(404, "endpoint not found");
        if (!endpoint.IsQueue) return Refuse(400, "not allowed for LB API");
        return (call.Method, call.Operation, call.First) switch
        {
            ("POST", "run", null) => Submit(endpoint, call, isSync: false, MostRunBytes).Answer,
            ("POST", "runsync", null) => await RunSyncAsync(endpoint, call, ct),
            ("GET", "status", { } id) => With(endpoint, id, static job => Answer.Ok(JobViews.Full(job))),
            ("GET", "stream", { } id) => With(endpoint, id, static job => Answer.Ok(JobViews.Stream(job))),
            ("POST", "cancel", { } id) => With(endpoint, id, job => Cancel(endpoint, job)),
            ("POST", "retry", { } id) => With(endpoint, id, job => Retry(endpoint, job)),
            ("POST", "purge-queue", null) => world.Enter(() => Answer.Ok(new JsonObject { ["removed"] = endpoint.Queue.Purge(), ["status"] = "completed" })),
            ("GET", "health", null) => world.Enter(() => Answer.Ok(JobViews.Health(endpoint))),
            _ => null,
        };
    }

    public static Answer Refuse(int status, string why) => new(status, new JsonObject { ["error"] = why });

    private (Answer Answer, Job? Job) Submit(ServerlessEndpoint endpoint, JobCall call, bool isSync, int most)
    {
        if (call.Body.Length > most) return (Refuse(413, "payload too large"), null);
        if (call.Json() is not JsonObject body || body["input"] is not JsonObject { Count: > 0 })
        {
            return (Refuse(400, "input must be a non-empty object"), null);
        }

        return world.Enter(() =>
        {
            if (endpoint.Queue.IsClosed) return (Refuse(404, "endpoint not found"), null);
            var job = endpoint.Queue.Add(body, isSync);
            return (Answer.Ok(JobViews.Brief(job)), (Job?)job);
        });
    }

    private async Task<Answer> RunSyncAsync(ServerlessEndpoint endpoint, JobCall call, CancellationToken ct)
    {
        var (answer, submitted) = Submit(endpoint, call, isSync: true, MostRunSyncBytes);
        if (submitted is not { } job) return answer;
        using var limit = new CancellationTokenSource(Wait(call), world.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ct);
        while (true)
        {
            var (isOver, changed) = world.Read(() => (job.IsOver, endpoint.Queue.Changed));
            if (isOver || !await Pause.UntilAsync(changed, either.Token)) return world.Read(() => Answer.Ok(JobViews.Full(job)));
        }
    }

    private static TimeSpan Wait(JobCall call)
    {
        if (!int.TryParse(call.Query("wait"), NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)) return s_defaultWait;
        var asked = TimeSpan.FromMilliseconds(milliseconds);
        return asked < s_shortestWait ? s_shortestWait : asked > s_longestWait ? s_longestWait : asked;
    }

    private static Answer Cancel(ServerlessEndpoint endpoint, Job job)
    {
        if (!job.IsOver) endpoint.Queue.Cancel(job);
        return Answer.Ok(JobViews.Brief(job));
    }

    private static Answer Retry(ServerlessEndpoint endpoint, Job job)
    {
        if (job.Status is not (JobStatus.Failed or JobStatus.TimedOut)) return Refuse(400, "only failed or timed-out jobs can be retried");
        endpoint.Queue.Requeue(job);
        return Answer.Ok(JobViews.Brief(job));
    }

    private Answer With(ServerlessEndpoint endpoint, string id, Func<Job, Answer> then) =>
        world.Enter(() => endpoint.Queue.Find(id) is { } job ? then(job) : Refuse(404, "job not found"));
}
