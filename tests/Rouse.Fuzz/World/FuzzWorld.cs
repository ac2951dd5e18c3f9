using System.Net;
using System.Net.Sockets;
using Rouse.Core.Jobs;
using Rouse.FakeRunpod;
using Rouse.Onnx.Samples.TinyDiffusion;
using Rouse.Server;
using Rouse.TestKit.Hub;

namespace Rouse.Fuzz.World;

/// <summary>A whole server over SQLite with a Runpod and a hub on this machine, keys for two tenants, and a few deployments. Nothing in it costs, and nothing leaves it.</summary>
internal sealed class FuzzWorld : IAsyncDisposable
{
    public const string Model = "org/tiny";

    private readonly string _folder = Directory.CreateTempSubdirectory("rouse-fuzz-").FullName;
    private FakeHub _hub = null!;
    private FakeRunpodServer _runpod = null!;
    private RouseHost _host = null!;

    private FuzzWorld()
    {
    }

    public Pool Pool { get; } = new();

    public Uri Address => _host.BaseAddress;

    /// <summary>A model folder of this machine, to deploy.</summary>
    public string ModelFolder => Path.Combine(_folder, "model");

    public Janitor Janitor { get; private set; } = null!;

    public static async Task<FuzzWorld> StartAsync()
    {
        var world = new FuzzWorld();
        TinyDiffusionModel.Write(world.ModelFolder, seed: 1);
        var repository = new FakeRepository(Model);
        foreach (var file in Directory.EnumerateFiles(world.ModelFolder, "*", SearchOption.AllDirectories))
        {
            repository.With(FakeFile.Of(Path.GetRelativePath(world.ModelFolder, file), await File.ReadAllBytesAsync(file)));
        }

        world._hub = await FakeHub.StartAsync(repository);
        world._runpod = await FakeRunpodServer.StartAsync(new FakeRunpodOptions { Runner = new WatchedWorkers(world.Pool, TimeProvider.System) });
        world._runpod.Script.CallsPerMinute = int.MaxValue;
        world._host = await RouseHost.StartAsync(world.Options());
        // A tenant that may be disabled and emptied without turning the others' cases into refusals.
        world.Pool.Add("tenants", ("id", "third"));
        world.Janitor = new Janitor(world);
        await world.Janitor.BeginAsync();
        return world;
    }

    /// <summary>What the fakes noted is of no use here and would fill the memory of a long run.</summary>
    public void Forget()
    {
        _hub.Requests.Clear();
        _runpod.ClearCalls();
    }

    public async ValueTask DisposeAsync()
    {
        Janitor?.Dispose();
        if (_host is not null) await _host.DisposeAsync();
        if (_runpod is not null) await _runpod.DisposeAsync();
        if (_hub is not null) await _hub.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private RouseHostOptions Options() => new()
    {
        DataFolder = Path.Combine(_folder, "data"),
        Port = 0,
        HandleSignals = false,
        Quiet = true,
        ApiKeys = $"{Canaries.OwnerKey},stranger={Canaries.StrangerKey},third={Canaries.ThirdKey}",
        // Two callers send thousands of requests in a minute.
        RequestsPerMinute = 0,
        JobRequestsPerMinute = 0,
        HubEndpoint = _hub.Endpoint,
        AllowFolders = true,
        // No name is looked up, so that nothing leaves this machine.
        Resolve = (host, _) => IPAddress.TryParse(host, out var address) ? Task.FromResult<IPAddress[]>([address]) : throw new SocketException((int)SocketError.HostNotFound),
        // No process is started: local deployments are refused for want of a worker.
        Worker = Path.Combine(_folder, "no-worker"),
        Limits = standard => standard with { Poll = TimeSpan.FromSeconds(1), RetryDelay = TimeSpan.FromSeconds(1), CapacityPatience = TimeSpan.FromSeconds(1) },
        // Polls end soon, so that a case does not wait for them; what callers may ask for stays as documented.
        JobBounds = new JobLimits
        {
            PollHold = TimeSpan.FromMilliseconds(20), StreamHold = TimeSpan.FromMilliseconds(20), DrainedPollHold = TimeSpan.FromMilliseconds(20),
            DefaultWait = TimeSpan.FromSeconds(1), DoorWait = TimeSpan.FromSeconds(1), MaxQueued = 500, MaxRunBody = 64 * 1024, MaxRunSyncBody = 128 * 1024, MaxResult = 256 * 1024, MaxChunk = 64 * 1024,
        },
        Runpod = new RunpodHostOptions
        {
            ApiKey = FakeRunpodServer.Key,
            Image = "rouse/worker:test",
            ApiUrl = _runpod.ManagementUrl,
            JobsUrl = _runpod.JobsUrl,
            WorkersRunHere = true,
            Tune = standard => standard with
            {
                ListLag = TimeSpan.FromSeconds(0.5), ListFreshness = TimeSpan.FromSeconds(0.2), ListSpacing = TimeSpan.FromSeconds(0.1), ReadsPerSecond = 50, ReadBurst = 50,
            },
        },
    };
}
