using Rouse.Contracts.Secrecy;
using Rouse.Contracts.Webhooks;
using Rouse.Worker.Configuration;
using Rouse.Worker.Engines;
using Rouse.Worker.Lifetime;
using Rouse.Worker.Reports;
using Rouse.Worker.Telemetry;

namespace Rouse.Worker.Tests.Support;

/// <summary>A whole worker in this process, against a <see cref="FakeJobPlane"/>.</summary>
internal sealed class WorkerFixture : IAsyncDisposable
{
    public const string Key = "attempt-secret-1";

    public static readonly WebhookSecret Secret = new([.. Enumerable.Range(0, 32).Select(i => (byte)i)]);

    private readonly HttpClient _http = Composition.CreateHubHttp();

    private WorkerFixture(FakeJobPlane plane) => Plane = plane;

    public FakeJobPlane Plane { get; }

    public Shutdown Shutdown { get; } = new();

    public StringWriter Output { get; } = new();

    public Task<ExitCode> Ended { get; private set; } = Task.FromResult(ExitCode.Clean);

    public static Task<WorkerFixture> StartAsync(
        IEngine engine, TimeProvider? time = null, Action<Dictionary<string, string>>? environment = null, JobMetrics? metrics = null) =>
        StartAsync(_ => engine, time, environment, metrics);

    /// <param name="engine">Made with the worker's log.</param>
    public static async Task<WorkerFixture> StartAsync(
        Func<WorkerLog, IEngine> engine, TimeProvider? time = null, Action<Dictionary<string, string>>? environment = null, JobMetrics? metrics = null)
    {
        var fixture = new WorkerFixture(await FakeJobPlane.StartAsync());
        var variables = Variables(fixture.Plane.Url);
        environment?.Invoke(variables);
        var reader = new SettingsReader(name => variables.GetValueOrDefault(name));
        var settings = reader.Read("unnamed");
        Assert.Null(reader.Fault);
        var clock = new Clock(time ?? TimeProvider.System, static () => 0);
        var log = new WorkerLog(TextWriter.Synchronized(fixture.Output), clock.Time, new SecretMask(settings!.Secrets));
        var weights = Composition.CreateWeights(fixture._http, settings.Hub, log);
        fixture.Ended = Task.Run(() => new WorkerHost(settings, weights, engine(log), log, fixture.Shutdown, clock) { Metrics = metrics ?? new JobMetrics(log, clock.Time) }.RunAsync());
        return fixture;
    }

    public static Dictionary<string, string> Variables(string url) => new(StringComparer.Ordinal)
    {
        ["ROUSE_MODEL_PATH"] = AppContext.BaseDirectory,
        ["ROUSE_OUTPUT_FOLDER"] = Path.Combine(AppContext.BaseDirectory, "outputs"),
        ["ROUSE_CONTROL_URL"] = url,
        ["ROUSE_DEPLOYMENT_ID"] = "dep1",
        ["ROUSE_ATTEMPT"] = "2",
        ["ROUSE_ATTEMPT_TOKEN"] = Key,
        ["ROUSE_CALLBACK_SECRET"] = Secret.Reveal(),
        ["RUNPOD_POD_ID"] = "w1",
        ["RUNPOD_PING_INTERVAL"] = "50",
        ["RUNPOD_WEBHOOK_GET_JOB"] = url + "/v2/dep1/job-take/$ID?gpu=cpu",
        ["RUNPOD_WEBHOOK_POST_OUTPUT"] = url + "/v2/dep1/job-done/$RUNPOD_POD_ID/$ID?gpu=cpu",
        ["RUNPOD_WEBHOOK_POST_STREAM"] = url + "/v2/dep1/job-stream/$RUNPOD_POD_ID/$ID?gpu=cpu",
        ["RUNPOD_WEBHOOK_PING"] = url + "/v2/dep1/ping/$RUNPOD_POD_ID?gpu=cpu",
    };

    public async Task<ExitCode> StopAsync()
    {
        Shutdown.Request(StopReason.Asked);
        return await Ended.InTimeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Shutdown.Request(StopReason.AskedTwice);
        await Ended.InTimeAsync();
        await Plane.DisposeAsync();
        Shutdown.Dispose();
        _http.Dispose();
    }
}
