using Rouse.Core.Caching;
using Rouse.Core.Deployments;
using Rouse.Core.Models;
using Rouse.Core.Tenancy;
using Rouse.Server.Caching;
using Rouse.Server.Caching.S3;
using Rouse.Server.Hub;
using Rouse.Server.Secrets;
using Rouse.Server.Tests.Caching;
using Rouse.Store;
using Rouse.Store.Caching;
using Rouse.Store.Ownership;
using Rouse.Store.Secrets;

namespace Rouse.Server.Tests.Hub;

/// <summary>While the hub is away, a whole copy in the cache says what its model needs, and not which engine it is for.</summary>
public sealed class KeptCopyTests : IAsyncLifetime
{
    private const string Id = "org/wide";
    private readonly string _folder = Directory.CreateTempSubdirectory("rouse-kept-").FullName;
    private HubBench _bench = null!;
    private Database _database = null!;

    public async Task InitializeAsync()
    {
        _bench = await HubBench.StartAsync();
        await _bench.Hub.DisposeAsync();
        _database = await Database.OpenAsync("sqlite:" + Path.Combine(_folder, "rouse.db"));
    }

    public async Task DisposeAsync()
    {
        await _database.DisposeAsync();
        await _bench.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task WithTheHubAway_ACopyStandsIn_UnlessAnEngineIsStillToBeChosen()
    {
        Assert.True(S3Location.TryParse("s3://models/shared", out var root));
        await StoreAsync(new CachePlace(Owner: null, root!));
        using var clients = Bucket.Clients();
        var cipher = new SecretCipher(new Microsoft.AspNetCore.DataProtection.EphemeralDataProtectionProvider());
        var secrets = new SecretStore(_database, TimeProvider.System);
        var shared = new SharedCache(root!, new S3Keys(new Secret("key"), new Secret("secret")), new HashSet<string>(StringComparer.Ordinal) { Id });
        var look = new ModelLook(
            _bench.Catalog, secrets, cipher, new EngineOffers([WorkerEngine.Onnx], [WorkerEngine.Onnx, WorkerEngine.Diffusers]),
            new CachePlaces(new AccountNames(new byte[32]), secrets, cipher, clients, shared), new CacheStore(_database, TimeProvider.System));

        var open = await look.InspectAsync(Row(asked: null, chosen: null), CancellationToken.None);
        Assert.Equal((FailureCodes.HubUnavailable, true, null), (open.Fault?.Code, open.Retryable, open.Engine));
        foreach (var row in new[] { Row(asked: WorkerEngine.Diffusers, chosen: WorkerEngine.Diffusers), Row(asked: null, chosen: WorkerEngine.Diffusers) })
        {
            var settled = await look.InspectAsync(row, CancellationToken.None);
            Assert.Equal((null, 7, WorkerEngine.Diffusers), (settled.Fault, settled.VramGb, settled.Engine));
        }
    }

    private async Task StoreAsync(CachePlace place)
    {
        var entries = new CacheStore(_database, TimeProvider.System);
        var commit = new string('a', 40);
        await entries.WantAsync("entry", new CacheWish { Tenant = null, Root = place.Root, Place = place.Of(Id, commit), Model = Id, Revision = "main", Commit = commit, VramGb = 7 }, CancellationToken.None);
        var lease = await new LeaseStore(_database, TimeProvider.System).TryAcquireAsync("cache", "me", TimeSpan.FromMinutes(1), CancellationToken.None);
        Assert.True(await entries.CompleteAsync(lease!, "entry", new string('b', 64), CancellationToken.None));
    }

    private static DeploymentState Row(WorkerEngine? asked, WorkerEngine? chosen) => new()
    {
        Tenant = TenantId.Parse("acme"), Id = JobPlane.JobPlaneApp.NewDeployment(), Engine = chosen,
        Spec = new DeploymentSpec { Model = HubBench.Model(Id), Provider = "runpod", Cache = CacheScope.Shared, Engine = asked },
    };
}
