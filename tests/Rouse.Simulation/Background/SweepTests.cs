using Microsoft.Extensions.Logging.Abstractions;
using Rouse.Core.Deployments;
using Rouse.Core.Tenancy;
using Rouse.Server.Background;
using Rouse.Simulation.Choices;
using Rouse.Simulation.Model;

namespace Rouse.Simulation.Background;

public sealed class SweepTests
{
    private static readonly ProviderAccount s_account = new(Row.Tenant, "sim");
    private readonly World _world = new(new Scenario(), new Seeded(seed: 1, trouble: 0));
    private readonly List<DeploymentId> _hinted = [];
    private readonly SweepOptions _options = new();

    public SweepTests() => _world.Open();

    [Fact]
    public async Task ABackendOfNoDeployment_IsDeletedOnceTheGraceIsOver()
    {
        var stranger = DeploymentId.FromRandom([.. Enumerable.Repeat((byte)7, 16)]);
        _world.Account.Create(Name(stranger, 1));
        var sweep = Sweep(s_account);
        await SweepAfterAsync(sweep, TimeSpan.FromMinutes(1));
        await SweepAfterAsync(sweep, _options.StrangerGrace / 2);
        Assert.Equal(1, _world.Account.Alive);
        await SweepAfterAsync(sweep, _options.StrangerGrace / 2);
        Assert.Equal(0, _world.Account.Alive);
        Assert.Empty(_hinted);
    }

    [Fact]
    public async Task ABackendThatNoRowClaims_IsLookedAt_AndAClaimedOneIsNot()
    {
        var sweep = Sweep(s_account);
        _world.Row.BeginAttempt(0, offer: null!, []);
        _world.Row.RecordBackend(1, _world.Account.Create(Name(Row.Id, 1)));
        await SweepAfterAsync(sweep, TimeSpan.FromMinutes(1));
        Assert.Empty(_hinted);
        _world.Account.Create(Name(Row.Id, 1));
        await SweepAfterAsync(sweep, TimeSpan.FromMinutes(1));
        Assert.Equal([Row.Id], _hinted);
        Assert.Equal(2, _world.Account.Alive);
    }

    [Fact]
    public async Task AnAccountThatFails_DoesNotKeepTheNextFromItsTurn()
    {
        _world.Account.Create(Name(Row.Id, 1));
        await SweepAfterAsync(Sweep(new ProviderAccount(Row.Tenant, "unknown"), s_account), TimeSpan.FromMinutes(1));
        Assert.Equal([Row.Id], _hinted);
    }

    private static BackendName Name(DeploymentId id, int attempt) => new(OwnerPrefix.For("rouse", Row.Tenant), id, attempt);

    private Sweep Sweep(params ProviderAccount[] accounts) => new(
        _world.Ports(_world.Replicas[0]),
        _ => ValueTask.FromResult<IReadOnlyList<ProviderAccount>>(accounts),
        (_, id) => _hinted.Add(id),
        _options,
        _world.Time,
        NullLogger<Sweep>.Instance);

    private Task SweepAfterAsync(Sweep sweep, TimeSpan time)
    {
        _world.Time.Now += time;
        return sweep.RunOnceAsync(CancellationToken.None);
    }
}
