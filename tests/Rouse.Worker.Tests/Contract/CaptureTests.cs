using System.Text.Json;
using System.Web;
using Rouse.Contracts.Secrecy;
using Rouse.TestKit.Jobs;
using Rouse.Worker.Configuration;
using Rouse.Worker.Engines;
using Rouse.Worker.Lifetime;
using Rouse.Worker.Reports;
using Rouse.Worker.Tests.Support;

namespace Rouse.Worker.Tests.Contract;

/// <summary>
/// A whole worker against a server that answers as the recorded one did, in the same order for each kind of request: what it sends is what an unmodified
/// runpod-python sent, but for what <see cref="Differences"/> lists.
/// </summary>
public sealed class CaptureTests
{
    /// <summary>The captures last up to half a minute.</summary>
    private const int Hurry = 40;

    public static TheoryData<string> Names => ["a", "b", "c", "d", "e", "g", "h", "h2", "r"];

    [CaptureTheory]
    [MemberData(nameof(Names))]
    public async Task AWorker_SendsWhatAnUnmodifiedOneSent(string name)
    {
        var capture = Capture.Read(name);
        await using var plane = await ContractPlane.StartAsync();
        PlanAnswers(plane, capture);
        using var shutdown = new Shutdown();

        var code = await RunAsync(plane, capture, shutdown);

        Assert.Equal(name == "e" ? ExitCode.FatalStart : ExitCode.Clean, code);
        CheckHeaders(plane, capture);
        CheckPolls(plane, capture);
        CheckPings(plane, capture);
        foreach (var job in JobsOf(capture)) CheckPosts(plane, capture, job);
        Assert.All(Differences.Jobs.Where(known => known.Capture == name), known => Assert.Contains(known.Job, JobsOf(capture)));
    }

    private static void PlanAnswers(ContractPlane plane, Capture capture)
    {
        foreach (var request in capture.Requests)
        {
            switch (request.Kind)
            {
                case "take" or "batch":
                    // Whichever of the two the worker uses next: how many places are free then is chance.
                    plane.Plan("job-take", new Reply(request.Status, request.Answer));
                    break;
                case "done" or "stream":
                    plane.Plan($"job-{request.Kind} {request.Job()}", new Reply(request.Status, request.Answer));
                    break;
                case "stop" when Stopped(request) is { Count: > 0 } ids:
                    // The recorded server waited until the job was running.
                    plane.Plan("job-stop", new Reply(200, request.Answer) { After = () => Deadline.UntilAsync(() => plane.Of("job-take").Count > 0 && plane.Requests.Any(seen => seen.Target.Contains(ids[0], StringComparison.Ordinal))) });
                    break;
            }
        }
    }

    private static async Task<ExitCode> RunAsync(ContractPlane plane, Capture capture, Shutdown shutdown)
    {
        var variables = Variables(plane.Url, capture.Name);
        var settings = new SettingsReader(name => variables.GetValueOrDefault(name)).Read("w1")!;
        var time = new HurriedTime(Hurry);
        var clock = new Clock(time, static () => 0);
        var stopped = capture.Requests.SelectMany(Stopped).ToHashSet(StringComparer.Ordinal);
        await using var engine = new CapturedHandlers(time, stopped)
        {
            Concurrency = capture.Requests.Max(static request => request.Kind == "batch" ? int.Parse(HttpUtility.ParseQueryString(request.Line().Split(' ')[1])["batch_size"]!, System.Globalization.CultureInfo.InvariantCulture) : 1),
            Fault = capture.Name == "e" ? new EngineException("check_gpu", "RuntimeError: GPU not available") : null,
        };
        using var http = Composition.CreateHubHttp();
        var log = new WorkerLog(TextWriter.Null, time, new SecretMask(settings.Secrets));
        var ended = Task.Run(() => new WorkerHost(settings, Composition.CreateWeights(http, settings.Hub, log), engine, log, shutdown, clock).RunAsync());
        if (capture.Name != "e") await UntilStopAsync(plane, capture, engine);
        if (capture.Name != "e") shutdown.Request(StopReason.Asked);
        return await ended.InTimeAsync();
    }

    /// <summary>Each job has ended and what was to be asked has been asked; but h2 recorded a SIGTERM in the middle of a job.</summary>
    private static Task UntilStopAsync(ContractPlane plane, Capture capture, CapturedHandlers engine)
    {
        if (capture.Name == "h2") return engine.Started.Task.InTimeAsync();
        var pings = capture.Requests.Any(static request => request.Kind == "ping") ? 1 : 0;
        var expected = JobsOf(capture).ToDictionary(job => job, job => Bodies(capture, job).Count, StringComparer.Ordinal);
        return Deadline.UntilAsync(() => plane.Of("ping").Count >= pings && plane.Of("job-stop").Count > 0 && plane.Held > 0 && expected.All(job => plane.Posts(job.Key).Count >= job.Value));
    }

    private static Dictionary<string, string> Variables(string url, string name)
    {
        // Capture g had templates without the question mark that the protocol asks for.
        var query = name == "g" ? "" : "?gpu=NVIDIA+GeForce+RTX+4090";
        var variables = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["ROUSE_MODEL_PATH"] = AppContext.BaseDirectory,
            ["RUNPOD_POD_ID"] = "w1",
            ["RUNPOD_AI_API_KEY"] = name == "g" ? "k" : "rpa_worker_scoped_key",
            ["RUNPOD_WEBHOOK_GET_JOB"] = $"{url}/v2/ep1/job-take/{(name == "g" ? "$RUNPOD_POD_ID" : "$ID")}{query}",
            ["RUNPOD_WEBHOOK_POST_OUTPUT"] = $"{url}/v2/ep1/job-done/$RUNPOD_POD_ID/$ID{query}",
            ["RUNPOD_WEBHOOK_POST_STREAM"] = $"{url}/v2/ep1/job-stream/$RUNPOD_POD_ID/$ID{query}",
            ["RUNPOD_PING_INTERVAL"] = "100",
        };
        // And none for pings.
        if (name != "g") variables["RUNPOD_WEBHOOK_PING"] = $"{url}/v2/ep1/ping/$RUNPOD_POD_ID{query}";
        return variables;
    }

    /// <summary>Every field it sends was sent then, with the same value, and every field of then is sent or listed.</summary>
    private static void CheckHeaders(ContractPlane plane, Capture capture)
    {
        foreach (var seen in plane.Requests)
        {
            var isPost = seen.Method == "POST";
            var then = capture.Requests.First(request => Kind(request) == seen.Kind && (seen.Job is null || request.Job() == seen.Job)).Headers()
                .ToDictionary(static field => field.Key, static field => field.Value, StringComparer.OrdinalIgnoreCase);
            bool IsListed(string name) => Differences.Headers.ContainsKey(name) || (!isPost && Differences.HeadersOfPolls.ContainsKey(name));
            foreach (var (name, value) in seen.Headers.Where(field => !IsListed(field.Key))) Assert.Equal(then.GetValueOrDefault(name), value);
            Assert.Subset(seen.Headers.Keys.Concat(then.Keys.Where(IsListed)).ToHashSet(StringComparer.OrdinalIgnoreCase), then.Keys.ToHashSet(StringComparer.OrdinalIgnoreCase));
        }
    }

    private static void CheckPolls(ContractPlane plane, Capture capture)
    {
        Assert.All(plane.Of("job-take-batch"), static seen => Assert.Matches("^/v2/ep1/job-take-batch/w1\\?gpu=NVIDIA\\+GeForce\\+RTX\\+4090&batch_size=(3&job_in_progress=0|2&job_in_progress=[01])$", seen.Target));
        Assert.Equal(capture.Requests.Any(static request => request.Kind == "batch"), plane.Of("job-take-batch").Count > 0);
        foreach (var kind in (string[])["job-take", "job-stop"])
        {
            // Whether a result is still on its way at that moment is a matter of milliseconds.
            var then = capture.Requests.Where(request => Kind(request) == kind).Select(static request => Idle(request.Line())).ToHashSet(StringComparer.Ordinal);
            Assert.All(plane.Of(kind), seen => Assert.Contains(Idle($"{seen.Method} {seen.Target}"), then));
        }
    }

    /// <summary>The first is idle, as then; the jobs that later ones name are among those of the capture.</summary>
    private static void CheckPings(ContractPlane plane, Capture capture)
    {
        var then = capture.Requests.Where(static request => request.Kind == "ping").Select(static request => request.Line().Split(' ')[1]).ToList();
        // The platform of capture g gave no ping address.
        if (then.Count == 0) return;
        foreach (var seen in plane.Of("ping"))
        {
            var (first, now) = (Query(then[0]), Query(seen.Target));
            if (now.Remove("job_id", out var jobs)) Assert.Subset(JobsOf(capture).ToHashSet(StringComparer.Ordinal), jobs.Split(',').ToHashSet(StringComparer.Ordinal));
            Assert.Equal(first, now);
            Assert.Equal(then[0].Split('?')[0], seen.Target.Split('?')[0]);
        }
    }

    private static void CheckPosts(ContractPlane plane, Capture capture, string job)
    {
        var posts = plane.Posts(job);
        Assert.Equal(Bodies(capture, job), posts.Select(static post => Normal(post.Body)));
        var lines = capture.Requests.Where(request => request.Kind is "done" or "stream" && request.Job() == job).Select(static request => request.Line()).ToHashSet(StringComparer.Ordinal);
        Assert.All(posts, post => Assert.Contains($"{post.Method} {post.Target}", lines));
    }

    private static List<string> Bodies(Capture capture, string job) =>
        Differences.Jobs.FirstOrDefault(known => known.Capture == capture.Name && known.Job == job) is { } other
            ? [.. other.Posts]
            : [.. capture.Requests.Where(request => request.Kind is "done" or "stream" && request.Job() == job).Select(static request => Normal(request.Body().GetRawText()))];

    private static IReadOnlyList<string> JobsOf(Capture capture) =>
        [.. capture.Requests.SelectMany(static request => request.GivenJobs()).Select(static job => job.GetProperty("id").GetString()!)];

    private static IReadOnlyList<string> Stopped(CapturedRequest request) => request is { Kind: "stop", Status: 200 }
        ? [.. JsonSerializer.Deserialize<JsonElement>(request.Answer).GetProperty("jobsToStop").EnumerateArray().Select(static id => id.GetString()!)]
        : [];

    private static string Idle(string line) => line.Replace("&job_in_progress=1", "&job_in_progress=0", StringComparison.Ordinal);

    private static string Kind(CapturedRequest request) => request.Kind switch
    {
        "ping" => "ping",
        "batch" => "job-take-batch",
        var other => "job-" + other,
    };

    /// <summary>Without blanks, and with letters as themselves.</summary>
    private static string Normal(string json) => JsonSerializer.Serialize(JsonSerializer.Deserialize<JsonElement>(json), s_plain);

    private static readonly JsonSerializerOptions s_plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Decoded: blanks are told as + or as %20.</summary>
    private static Dictionary<string, string> Query(string target)
    {
        var pairs = HttpUtility.ParseQueryString(target.Split('?', 2)[^1]);
        return pairs.AllKeys.ToDictionary(static name => name!, name => pairs[name]!, StringComparer.Ordinal);
    }
}

[AttributeUsage(AttributeTargets.Method)]
internal sealed class CaptureTheoryAttribute : TheoryAttribute
{
    public CaptureTheoryAttribute()
    {
        if (Capture.Folder is null) Skip = Capture.Missing;
    }
}
