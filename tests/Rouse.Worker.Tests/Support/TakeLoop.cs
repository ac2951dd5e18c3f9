using Rouse.Contracts.Secrecy;
using Rouse.Worker.Configuration;
using Rouse.Worker.Engines;
using Rouse.Worker.Lifetime;
using Rouse.Worker.Protocol;
using Rouse.Worker.Reports;
using Rouse.Worker.Telemetry;
using Rouse.Worker.Watchdog;

namespace Rouse.Worker.Tests.Support;

/// <summary>Takes, runs and delivers, with nothing else of a worker around it. Its engine echoes where none is given.</summary>
internal sealed class TakeLoop : IDisposable
{
    private readonly HttpClient _http = new();
    private readonly StringWriter _output = new();
    private readonly Task _running;
    private readonly StopLoop _stops;

    public TakeLoop(string url, TimeProvider time, IEngine? engine = null, Action<Dictionary<string, string>>? environment = null)
    {
        var variables = WorkerFixture.Variables(url);
        environment?.Invoke(variables);
        var settings = new SettingsReader(name => variables.GetValueOrDefault(name)).Read("w1")!;
        var clock = new Clock(time, static () => 0);
        var log = new WorkerLog(TextWriter.Synchronized(_output), TimeProvider.System, new SecretMask([]));
        var plane = new JobPlaneClient(_http, new JobUrls(settings.Jobs, "w1"), null, new LastContact(time));
        var streak = new FailureStreak(settings.FailureLimit);
        engine ??= ScriptedEngine.Echo();
        Running = new RunningJobs(time);
        _stops = new StopLoop(plane, Running, log, clock);
        var outputs = Composition.CreateOutputs(_http, settings, log, clock);
        var deliveries = new Deliveries(outputs, new ResultSender(plane, log, clock), Shutdown, clock);
        var runner = new JobRunner(engine, plane, outputs, streak, new JobMetrics(log, time), log, clock);
        _running = Task.Run(() => new JobLoop(engine, plane, Running, runner, deliveries, streak, Shutdown, log, clock).RunAsync());
    }

    public Shutdown Shutdown { get; } = new();

    /// <summary>What pings would list.</summary>
    public RunningJobs Running { get; }

    public bool HasEnded => _running.IsCompleted;

    public string Log => _output.ToString();

    public Task ListenToStopsAsync(CancellationToken ct) => _stops.RunAsync(ct);

    public async Task EndAsync()
    {
        Shutdown.Request(StopReason.Asked);
        await _running.InTimeAsync();
    }

    public void Dispose()
    {
        Shutdown.Request(StopReason.AskedTwice);
        _http.Dispose();
        Shutdown.Dispose();
    }
}
