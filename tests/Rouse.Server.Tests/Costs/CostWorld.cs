using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using Rouse.Core;
using Rouse.Core.Analytics;
using Rouse.Core.Deployments;
using Rouse.Core.Models;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;
using Rouse.Server.Background;
using Rouse.Store;
using Rouse.Store.Costs;
using Rouse.Store.Deployments;
using Rouse.Store.Events;

namespace Rouse.Server.Tests.Costs;

/// <summary>A store, a meter over it, and a clock whose time of day somebody may set.</summary>
internal sealed class CostWorld : IAsyncDisposable
{
    public static readonly TenantId Tenant = TenantId.Parse("tenant");
    public static readonly Offer Offer = new("runpod", "ADA_24", 24, 0.00031m, "EU-RO-1");
    private readonly string _folder = Directory.CreateTempSubdirectory("rouse-cost-").FullName;

    private CostWorld()
    {
    }

    public JumpingTime Time { get; } = new();

    public Database Database { get; private set; } = null!;

    public DeploymentStore Deployments { get; private set; } = null!;

    public CapacityStore Capacity { get; private set; } = null!;

    public CapacityMeter Meter { get; private set; } = null!;

    public static async Task<CostWorld> OpenAsync()
    {
        var world = new CostWorld();
        world.Database = await Database.OpenAsync("sqlite:" + Path.Combine(world._folder, "rouse.db"));
        world.Deployments = new DeploymentStore(world.Database, new EventStore(world.Database), world.Time);
        world.Capacity = new CapacityStore(world.Database);
        world.Restart();
        return world;
    }

    /// <summary>From here on the meter remembers nothing.</summary>
    public void Restart() => Meter = new CapacityMeter(Capacity, new CapacityLimits(), Time, NullLogger<CapacityMeter>.Instance);

    public async Task<DeploymentId> AcceptAsync()
    {
        var id = DeploymentId.FromRandom(RandomNumberGenerator.GetBytes(Ids.RandomBytes));
        var spec = new DeploymentSpec { Model = ModelRef.Parse("hf:org/name"), Provider = "runpod" };
        await Deployments.InsertAsync(Tenant, new NewDeployment { Id = id, Spec = spec, CreatedAt = Time.GetUtcNow() }, default);
        return id;
    }

    public async Task<DeploymentState> BeginAsync(DeploymentId id, int attempt, string backend, Offer? offer = null)
    {
        Assert.True(await Deployments.BeginAttemptAsync(Tenant, id, attempt - 1, offer ?? Offer, [Offer.Key()], default));
        Assert.True(await Deployments.RecordBackendAsync(Tenant, id, attempt, new BackendId(backend), default));
        return await LoadAsync(id);
    }

    public async Task<DeploymentState> LoadAsync(DeploymentId id) => (await Deployments.LoadAsync(Tenant, id, default))!;

    /// <summary>A pass looks, so many seconds after the one before.</summary>
    public async Task LookAsync(DeploymentState row, double after, params ObservedBackend[] observed)
    {
        Time.Advance(TimeSpan.FromSeconds(after));
        await Meter.SeeAsync(row, observed, default);
    }

    public static ObservedBackend Seen(DeploymentId id, string backend, int attempt = 1, int starting = 0, int ready = 0) => new(
        new BackendId(backend), new BackendName(OwnerPrefix.For("rouse", Tenant), id, attempt), BackendStatus.Starting, ready, starting + ready);

    public async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
