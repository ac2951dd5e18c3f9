using System.Diagnostics;
using System.Text.Json;
using Rouse.Onnx.Samples.TinyDiffusion;
using Rouse.Worker.Tests.Support;

namespace Rouse.Worker.Tests.Contract;

/// <summary>The worker's own program as a process, with the tiny model, on a <see cref="ContractPlane"/>; no control plane, as on a plain Runpod endpoint.</summary>
internal sealed class TinyWorker : IAsyncDisposable
{
    public const string Key = "rpa_worker_scoped_key";

    /// <summary>Milliseconds of work.</summary>
    public const string Short = """{"prompt":"hills","num_inference_steps":1,"width":64,"height":64,"seed":1}""";

    /// <summary>Work of more than a test's patience, but for a stop.</summary>
    public const string Endless = """{"prompt":"hills","num_inference_steps":150,"width":1024,"height":1024,"seed":1}""";

    /// <summary>Seconds of work.</summary>
    public const string Long = """{"prompt":"hills","num_inference_steps":40,"width":256,"height":256,"seed":1}""";

    private readonly string _folder = Directory.CreateTempSubdirectory("rouse-contract-").FullName;

    private TinyWorker(ContractPlane plane, Action<Dictionary<string, string>>? environment)
    {
        Plane = plane;
        TinyDiffusionModel.Write(_folder, seed: 3);
        var variables = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["ROUSE_MODEL_PATH"] = _folder,
            ["ROUSE_THREADS"] = "1",
            ["RUNPOD_POD_ID"] = "w1",
            ["RUNPOD_AI_API_KEY"] = Key,
            ["RUNPOD_PING_INTERVAL"] = "50",
            ["RUNPOD_WEBHOOK_GET_JOB"] = plane.Url + "/v2/ep1/job-take/$ID?gpu=cpu",
            ["RUNPOD_WEBHOOK_POST_OUTPUT"] = plane.Url + "/v2/ep1/job-done/$RUNPOD_POD_ID/$ID?gpu=cpu",
            ["RUNPOD_WEBHOOK_POST_STREAM"] = plane.Url + "/v2/ep1/job-stream/$RUNPOD_POD_ID/$ID?gpu=cpu",
            ["RUNPOD_WEBHOOK_PING"] = plane.Url + "/v2/ep1/ping/$RUNPOD_POD_ID?gpu=cpu",
        };
        environment?.Invoke(variables);
        Process = new WorkerProcess(variables);
    }

    public ContractPlane Plane { get; }

    public WorkerProcess Process { get; }

    /// <param name="plan">What the plane answers, planned before the worker asks.</param>
    public static async Task<TinyWorker> StartAsync(Action<ContractPlane>? plan = null, Action<Dictionary<string, string>>? environment = null)
    {
        var plane = await ContractPlane.StartAsync();
        plan?.Invoke(plane);
        return new TinyWorker(plane, environment);
    }

    /// <summary>Until a ping has named the job: it runs.</summary>
    public Task RunsAsync(string job) => Deadline.UntilAsync(() => Plane.Of("ping").Any(seen => seen.Target.Contains($"job_id={job}", StringComparison.Ordinal)));

    /// <summary>SIGTERM, and what is owed to every plane; its exit code is 0.</summary>
    public async Task StopAsync()
    {
        Process.Terminate();
        Assert.Equal(0, await Process.EndAsync());
        CheckManners();
    }

    /// <summary>What holds of all it ever sends, whatever is answered.</summary>
    public void CheckManners()
    {
        Assert.All(Plane.Requests, static seen => Assert.Equal(Key, seen.Headers["Authorization"]));
        foreach (var job in Plane.Requests.Where(static seen => seen.Job is not null).GroupBy(static seen => seen.Job!, StringComparer.Ordinal))
        {
            // Once its end was told, nothing else is; and all tries tell the same.
            Assert.All(job.SkipWhile(static seen => !seen.IsEnd), static seen => Assert.True(seen.IsEnd));
            Assert.True(job.Where(static seen => seen.IsEnd).Select(static seen => seen.Body).Distinct(StringComparer.Ordinal).Count() <= 1, job.Key);
            foreach (var seen in job)
            {
                using var body = JsonDocument.Parse(seen.Body);
                Assert.Equal(JsonValueKind.Object, body.RootElement.ValueKind);
                Assert.Equal("application/x-www-form-urlencoded", seen.Headers["Content-Type"]);
                Assert.Equal(job.Key, seen.Headers["X-Request-ID"]);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        Process.Dispose();
        await Plane.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    public static TimeSpan Between(PlaneRequest first, PlaneRequest second) => Stopwatch.GetElapsedTime(first.At, second.At);
}
