using System.Security.Cryptography;
using Rouse.Core.Deployments;
using Rouse.Core.Models;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;
using Rouse.Store.Deployments;
using Rouse.Store.Events;
using Rouse.Store.Idempotency;
using Rouse.Store.Secrets;
using Rouse.TestKit.Time;

namespace Rouse.Store.Tests.Engines;

/// <summary>The stores over one database, a clock that tests drive, and a tenant that no other test uses.</summary>
public sealed class StoreWorld
{
    private static int s_tenants;

    public StoreWorld(Database database)
    {
        Events = new EventStore(database);
        Deployments = new DeploymentStore(database, Events, Time);
    }

    public static CancellationToken None => CancellationToken.None;

    public static Offer Cpu { get; } = new("local", "cpu", 0, 0);

    public ManualTime Time { get; } = new();

    public TenantId Tenant { get; } = TenantId.Parse("tenant-" + Interlocked.Increment(ref s_tenants));

    public EventStore Events { get; }

    public DeploymentStore Deployments { get; }

    public static DeploymentId NewId() => DeploymentId.FromRandom(RandomNumberGenerator.GetBytes(16));

    public static DeploymentSpec Spec(string model = "acme/tiny") =>
        new() { Model = ModelRef.TryParseHub(model, out var parsed) ? parsed! : throw new ArgumentException(model, nameof(model)) };

    public async Task<DeploymentId> InsertAsync(
        DeploymentSpec? spec = null, RecordedReply? reply = null, IReadOnlyList<SealedSecret>? secrets = null, string? warmKey = null)
    {
        var id = NewId();
        var deployment = new NewDeployment
        {
            Id = id, Spec = spec ?? Spec(), CreatedAt = Time.GetUtcNow(), Reply = reply, Secrets = secrets ?? [], WarmKey = warmKey,
        };
        Assert.IsType<IdempotencyOutcome.Fresh>(await Deployments.InsertAsync(Tenant, deployment, None));
        return id;
    }

    public async Task<DeploymentState> LoadAsync(DeploymentId id) => (await Deployments.LoadAsync(Tenant, id, None))!;

    public async Task<IReadOnlyList<DeploymentEvent>> EventsAsync(DeploymentId id, long after = 0) =>
        await Events.ReadAfterAsync(Tenant, id, after, 10_000, None);

    public async Task<IReadOnlyList<Phase>> PhasesAsync(DeploymentId id) =>
        [.. (await EventsAsync(id)).Select(happened => happened.News).OfType<PhaseChange>().Select(change => change.Phase)];

    public async Task BeginAsync(DeploymentId id, int expected = 0) =>
        Assert.True(await Deployments.BeginAttemptAsync(Tenant, id, expected, Cpu, [Cpu.Key()], None));

    public async Task<bool> AdvanceAsync(DeploymentId id, Phase to, int attempt = 1, FailureCause? cause = null) =>
        await Deployments.AdvanceAsync(Tenant, id, attempt, to, cause, None);
}
