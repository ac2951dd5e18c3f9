using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Rouse.Core.Deployments;
using Rouse.Core.Jobs;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;
using Rouse.Server.Background;
using Rouse.Server.Tests.JobPlane;
using Rouse.Store;
using Rouse.Store.Jobs;
using Rouse.Store.Ownership;
using Rouse.TestKit.Time;
using Rouse.Store.Webhooks;

namespace Rouse.Server.Tests.Relay;

/// <summary>One server's job plane and relay over a SQLite file, on a clock that the test moves. A successor opens the same file.</summary>
internal sealed class RelayWorld : IAsyncDisposable
{
    public static readonly TenantId Tenant = TenantId.Parse("acme");
    private readonly Database _database;
    private readonly JobRelay _relay;
    private readonly string _folder;
    private bool _isGone;
    private bool _hasHeir;

    private RelayWorld(Database database, string folder, ManualTime time, ScriptedQueue queue, JobRelayLimits? limits, string owner)
    {
        (_database, _folder, Time, Queue) = (database, folder, time, queue);
        var limitsOfJobs = new JobLimits();
        Jobs = new JobStore(database, limitsOfJobs, time);
        Plane = new Gateway.Jobs.JobPlane(Jobs, limitsOfJobs, time, RandomNumberGenerator.Fill, NullLogger<Gateway.Jobs.JobPlane>.Instance);
        Deliveries = new DeliveryQueue(database, time, owner);
        Relayed = new RelayStore(database, time);
        Limits = limits ?? new JobRelayLimits();
        Ports = new JobRelayPorts
        {
            Relay = queue,
            Backends = _ => ValueTask.FromResult<IReadOnlyList<RelayedBackend>>([.. Backends]),
            Plane = Plane,
            Store = Relayed,
            Leases = new LeaseStore(database, time),
            Owner = owner,
            OpenS3 = static hidden => [.. hidden.Select(b => (byte)~b)],
            Hint = (_, id) => Hints.Add((id, queue.Asked)),
            Chance = static () => 0.5,
            Time = time,
            Limits = Limits,
        };
        _relay = new JobRelay(Ports, NullLogger<JobRelay>.Instance);
    }

    public ManualTime Time { get; }

    public ScriptedQueue Queue { get; }

    public JobStore Jobs { get; }

    public Gateway.Jobs.JobPlane Plane { get; }

    public DeliveryQueue Deliveries { get; }

    public RelayStore Relayed { get; }

    public JobRelayLimits Limits { get; }

    public JobRelayPorts Ports { get; }

    public List<RelayedBackend> Backends { get; private init; } = [];

    /// <summary>Deployments that were to be looked at, and how many submissions had been asked for by then.</summary>
    public List<(DeploymentId Deployment, int Asked)> Hints { get; } = [];

    public DeploymentId Deployment { get; private init; } = JobPlaneApp.NewDeployment();

    /// <summary>With one relayed deployment.</summary>
    public static async Task<RelayWorld> StartAsync(JobRelayLimits? limits = null, Action<ScriptedQueue>? script = null)
    {
        var time = new ManualTime();
        var queue = new ScriptedQueue(time);
        script?.Invoke(queue);
        var folder = Directory.CreateTempSubdirectory("rouse-relay-").FullName;
        var world = new RelayWorld(await OpenAsync(folder), folder, time, queue, limits, "one");
        world.Backends.Add(world.Backend(1, "ep"));
        await world._relay.StartAsync(default);
        return world;
    }

    /// <summary>Another server over the same file: the next start of this one, or another replica.</summary>
    public async Task<RelayWorld> SucceedAsync(string owner = "one", JobRelayLimits? limits = null)
    {
        _hasHeir = true;
        var heir = new RelayWorld(await OpenAsync(_folder), _folder, Time, Queue, limits ?? Limits, owner) { Deployment = Deployment, Backends = [.. Backends] };
        await heir._relay.StartAsync(default);
        return heir;
    }

    public RelayedBackend Backend(int attempt, string id, DeploymentId? deployment = null) =>
        new(Tenant, deployment ?? Deployment, attempt, new BackendId(id), new ProviderAccess(Tenant, new Secret("a key of the tenant"), "account"));

    /// <summary>The list of backends has changed.</summary>
    public void Nudge() => _relay.Nudge();

    public async Task<JobId> SubmitAsync(JobTerms? terms = null, string input = """{"a":1}""", string? webhook = null, DeploymentId? deployment = null, byte[]? s3 = null)
    {
        var id = Plane.NewId(sync: false);
        var job = new NewJob(Tenant, deployment ?? Deployment, id, Encoding.UTF8.GetBytes(input), s3, webhook, terms ?? JobTerms.Default);
        await Plane.SubmitAsync(job, default);
        return id;
    }

    public async Task<JobRecord> GetAsync(JobId id) => (await Plane.GetAsync(Deployment, id, default))!;

    public async Task<JobStatus> StatusAsync(JobId id) => (await GetAsync(id)).Status;

    /// <summary>Lets time pass, in steps of <paramref name="step"/>, until the condition is met.</summary>
    public Task UntilAsync(Func<bool> condition, TimeSpan? step = null) => UntilAsync(() => ValueTask.FromResult(condition()), step);

    public Task UntilAsync(Func<ValueTask<bool>> condition, TimeSpan? step = null) => Eventually.TrueAsync(async () =>
    {
        if (await condition()) return true;
        await PassAsync(step ?? TimeSpan.FromMilliseconds(100));
        return false;
    });

    public Task UntilAsync(JobId id, JobStatus status, TimeSpan? step = null) => UntilAsync(async () => await StatusAsync(id) == status, step);

    /// <summary>Lets so much time pass, with the plane's clock ticking and everybody given a moment to act.</summary>
    public async Task PassAsync(TimeSpan time, TimeSpan? step = null)
    {
        var end = Time.GetUtcNow() + time;
        while (Time.GetUtcNow() < end)
        {
            var left = end - Time.GetUtcNow();
            Time.Advance(step is { } most && most < left ? most : left);
            if (!_isGone) await Plane.TickAsync(default);
            // The store answers from threads of its own; a moment of real time lets what it woke go on.
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }
    }

    /// <summary>As kill -9 ends it: from one moment on nothing it does is kept.</summary>
    public async Task KillAsync()
    {
        _isGone = true;
        await _database.DisposeAsync();
        await _relay.StopAsync(new CancellationToken(canceled: true));
    }

    /// <summary>Only the relay: the job plane goes on.</summary>
    public Task StopRelayAsync() => _relay.StopAsync(default);

    public async Task StopAsync()
    {
        if (_isGone) return;
        _isGone = true;
        await _relay.StopAsync(default);
        await _database.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        if (!_hasHeir) Directory.Delete(_folder, recursive: true);
    }

    private static ValueTask<Database> OpenAsync(string folder) => Database.OpenAsync("sqlite:" + Path.Combine(folder, "rouse.db"));
}
