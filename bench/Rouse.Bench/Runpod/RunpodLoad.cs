using System.Collections.Concurrent;
using System.Globalization;
using Rouse.FakeRunpod;
using Rouse.FakeRunpod.Workers;
using Rouse.Onnx.Samples.TinyDiffusion;
using Rouse.TestKit.Hub;

namespace Rouse.Bench.Runpod;

/// <summary>
/// Many deployments of one tenant against a fake Runpod in this process: accepted, waiting, ready, deleted; beside them another tenant's that finds no
/// GPU. Prints Markdown tables.
/// </summary>
/// <remarks>Requests leave and workers get ready at a steady rate, whatever the server does: what it cannot keep up with shows as waiting.</remarks>
internal sealed partial class RunpodLoad
{
    private const string Model = "bench/model";
    private const string StarvedAccount = "starved";
    private const string StarvedRunpodKey = "rpa_the_key_of_the_starved_account";
    private const string FleetAccount = "first";
    private const string FleetGpu = "NVIDIA A40";
    private const int WarmHits = 200;
    private const int WarmUps = 40;
    private const string Fleet = $$"""{"hf_model_id":"{{Model}}","gpu_tier":"A40","reuse":false}""";
    private const string Apart = $$"""{"hf_model_id":"{{Model}}","gpu_tier":"L40S","reuse":false}""";
    private const string Warm = $$"""{"hf_model_id":"{{Model}}","gpu_tier":"L40S"}""";
    private const string Starved = $$"""{"hf_model_id":"{{Model}}","user_runpod_key":"{{StarvedRunpodKey}}"}""";

    /// <summary>After the last request and the last worker's place, until nothing changes.</summary>
    private static readonly TimeSpan s_rest = TimeSpan.FromSeconds(10);
    /// <summary>What the server may take longer than the last request, before a worker is up too soon.</summary>
    private static readonly TimeSpan s_slack = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

    private readonly FakeRunpodServer _runpod;
    private readonly ServerProcess _server;
    private readonly Caller _fleet;
    private readonly Caller _starved;
    private readonly int _count;
    private DateTimeOffset _fleetUp;
    private int _fleetSize;
    private readonly double _rate;
    private readonly TimeSpan _waiting;
    private readonly ConcurrentDictionary<string, DateTimeOffset> _upAt = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, DateTimeOffset> _postedAt = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, DateTimeOffset> _deletedAt = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, double> _answeredIn = new(StringComparer.Ordinal);

    private RunpodLoad(FakeRunpodServer runpod, ServerProcess server, int count, double rate, int waiting)
    {
        (_runpod, _server, _count, _rate, _waiting) = (runpod, server, count, rate, TimeSpan.FromSeconds(waiting));
        (_fleet, _starved) = (new Caller(server.Address, RunpodServer.FleetKey), new Caller(server.Address, RunpodServer.StarvedKey));
    }

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    public static async Task<int> RunAsync(string[] args)
    {
        if (args is not [var folder, "--deployments", var deployments, "--rate", var perSecond, "--waiting", var seconds]) return 2;
        var (count, rate, waiting) = (Number(deployments), double.Parse(perSecond, CultureInfo.InvariantCulture), Number(seconds));
        await using var hub = await FakeHub.StartAsync(Repository(Path.Combine(folder, "model")));

        var workers = new SimulatedWorkers(TimeProvider.System);
        await using var runpod = await FakeRunpodServer.StartAsync(new FakeRunpodOptions { Runner = workers });
        Open(runpod, count);
        using var server = await ServerProcess.StartAsync(Path.Combine(folder, "data"), runpod.ManagementUrl.ToString(), runpod.JobsUrl.ToString(), hub.Endpoint);
        var load = new RunpodLoad(runpod, server, count, rate, waiting);
        workers.Plan = load.Start;
        await load.MeasureAsync();
        return 0;

        static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
    }

    /// <summary>The workers of the fleet are up one after the other, at the rate of the requests, when the waiting is over; those of others at once.</summary>
    private SimulatedPlan Start(ContainerLaunch launch)
    {
        var now = Now;
        var up = launch.GpuTypeId == FleetGpu ? _fleetUp + TimeSpan.FromSeconds(_fleetSize++ / _rate) : now;
        _upAt[launch.Environment["ROUSE_DEPLOYMENT_ID"]] = up;
        return new SimulatedPlan { Start = up > now ? up - now : TimeSpan.Zero };
    }

    private static FakeRepository Repository(string folder)
    {
        TinyDiffusionModel.Write(folder, seed: 1);
        var repository = new FakeRepository(Model);
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            repository.With(FakeFile.Of(Path.GetRelativePath(folder, file), File.ReadAllBytes(file)));
        }

        return repository;
    }

    /// <summary>Of everything enough, but for the two cheapest pools: the catalogue says HIGH, and there is nothing.</summary>
    private static void Open(FakeRunpodServer runpod, int count)
    {
        runpod.AddAccount(StarvedAccount, deposit: 50, StarvedRunpodKey);
        runpod.SetBalance(1_000_000);
        runpod.SetQuota(count * 2);
        runpod.SetStock("AMPERE_48", stock => stock.Capacity = count * 2);
        runpod.Script.CallsPerMinute = 1_000_000;
        // A worker's poll is held for longer, so that the fake has less to do.
        runpod.Script.PollHold = TimeSpan.FromSeconds(120);
        foreach (var pool in new[] { "AMPERE_16", "AMPERE_24" }) runpod.SetStock(pool, stock => (stock.Capacity, stock.Level) = (0, "HIGH"));
    }

    private async Task MeasureAsync()
    {
        await WarmUpAsync();
        _fleetUp = Now + TimeSpan.FromSeconds(_count / _rate) + s_rest + _waiting + s_slack;
        Note("after warm-up");
        var starving = StarveAsync();
        var before = _server.Cpu;
        var ids = await PostAllAsync();
        Note("posted");
        var accepted = _server.Cpu - before;
        var (waited, calls) = await WaitAsync();
        Note("waited");
        before = _server.Cpu;
        var ready = await ReadyAsync(ids);
        accepted += _server.Cpu - before;
        Note("ready");
        var resident = _server.ResidentMiB;
        var warm = await WarmHitsAsync();
        Note("warm");
        before = _server.Cpu;
        var deleted = await DeleteAllAsync(ids);
        var removed = _server.Cpu - before;
        Note("deleted");
        var starved = await starving;
        var left = _runpod.Endpoints().Count + _runpod.Endpoints(StarvedAccount).Count;
        PrintTimes(ready, warm, deleted);
        PrintTotals(accepted, waited, removed, calls, resident, left);
        PrintStarved(starved);
    }

    private static void Note(string done) => Console.Error.WriteLine($"{Now:HH:mm:ss} {done}");
}
