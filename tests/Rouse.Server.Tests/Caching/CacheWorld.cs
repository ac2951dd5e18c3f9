using Microsoft.Extensions.Logging.Abstractions;
using Rouse.Core.Caching;
using Rouse.Core.Models;
using Rouse.Core.Tenancy;
using Rouse.Server.Caching;
using Rouse.Server.Caching.S3;
using Rouse.Server.Egress;
using Rouse.Server.Hub;
using Rouse.Server.Secrets;
using Rouse.Store;
using Rouse.Store.Caching;
using Rouse.Store.Events;
using Rouse.Store.Ownership;
using Rouse.Store.Secrets;
using Rouse.TestKit.Hub;

namespace Rouse.Server.Tests.Caching;

/// <summary>Fills of the operator's cache without a server around them: a database, a hub, a bucket, and as many writers as a test wants.</summary>
internal sealed class CacheWorld : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rouse-cache-").FullName;
    private readonly S3Clients _clients = Bucket.Clients();
    private Database _database = null!;

    private CacheWorld(Bucket bucket, FakeHub hub) => (Bucket, Hub) = (bucket, hub);

    public Bucket Bucket { get; }

    public FakeHub Hub { get; }

    public CacheStore Entries => new(_database, TimeProvider.System);

    public LeaseStore Leases => new(_database, TimeProvider.System);

    /// <summary>Small parts, and little patience.</summary>
    public CacheLimits Limits { get; set; } = new()
    {
        PartBytes = 5 << 20, FirstPause = TimeSpan.FromMilliseconds(20), LongestPause = TimeSpan.FromMilliseconds(50), Look = TimeSpan.FromMilliseconds(20),
    };

    public static async Task<CacheWorld> CreateAsync(params FakeRepository[] repositories)
    {
        var world = new CacheWorld(await Bucket.CreateAsync(), await FakeHub.StartAsync(repositories));
        world._database = await Database.OpenAsync("sqlite:" + Path.Combine(world._folder, "rouse.db"));
        return world;
    }

    /// <summary>Smallest to what is sent in three parts.</summary>
    public static FakeRepository Big(string id, bool gated = false) => new FakeRepository(id) { IsGated = gated }.With(
        FakeFile.Of("model_index.json", "{}"u8.ToArray()), FakeFile.Of("tokenizer/empty.txt", []), FakeFile.Of("run_me.py", "print()"u8.ToArray()),
        FakeFile.Sized("unet/model.onnx", 12 << 20), FakeFile.Sized("text_encoder/model.onnx", 200_000), FakeFile.Sized("vae_decoder/model.onnx", 300_000),
        FakeFile.Sized("unet/model.safetensors", 100_000));

    public CacheWish Wish(FakeRepository repository)
    {
        var place = new CachePlace(Owner: null, Bucket.Location with { Prefix = "shared" });
        return new CacheWish
        {
            Tenant = null, Root = place.Root, Place = place.Of(repository.Id, repository.Commit), Model = repository.Id, Revision = "main", Commit = repository.Commit, VramGb = 4,
        };
    }

    public async Task<CacheEntry> WantAsync(FakeRepository repository)
    {
        await Entries.WantAsync(Path.GetRandomFileName(), Wish(repository), CancellationToken.None);
        return (await FindAsync(repository))!;
    }

    public ValueTask<CacheEntry?> FindAsync(FakeRepository repository) => Entries.FindAsync(tenant: null, Wish(repository).Place, CancellationToken.None);

    public S3Store Open(CacheEntry entry) => _clients.Open(entry.Wish.Place, Bucket.KeysOf(Bucket.Account), isOperators: true);

    public CacheFill Fill()
    {
        var options = new HubOptions { FirstPause = TimeSpan.FromMilliseconds(5), Timeout = TimeSpan.FromSeconds(30), Tries = 3 };
        var http = HubHttp.CreateHttp(EgressPolicy.Parse(null, allowLoopback: true));
        var hub = new HubHttp(http, Hub.Endpoint, options, TimeProvider.System, () => 0);
        var catalog = new HubCatalog(new HubInspector(hub, options), hub, options, TimeProvider.System);
        return new CacheFill(Entries, new CacheSource(catalog, hub, options, Limits, [FormatPolicy.OnnxDiffusion]), Limits);
    }

    /// <summary>A server's writer, running.</summary>
    public async Task<CacheLoop> StartAsync(string owner)
    {
        var shared = new SharedCache(Wish(new FakeRepository("x/y")).Root, Bucket.KeysOf(Bucket.Account), new HashSet<string>(StringComparer.Ordinal));
        var places = new CachePlaces(
            new AccountNames(new byte[32]), new SecretStore(_database, TimeProvider.System), new SecretCipher(new Microsoft.AspNetCore.DataProtection.EphemeralDataProtectionProvider()),
            _clients, shared);
        var logs = new LogStore(_database, new EventStore(_database), TimeProvider.System);
        var loop = new CacheLoop(Entries, places, Fill(), Leases, logs, Limits, owner, () => 0, TimeProvider.System, NullLogger<CacheLoop>.Instance);
        await loop.StartAsync(CancellationToken.None);
        return loop;
    }

    /// <summary>Whether a worker would find it: the manifest lies there and is the one that the row knows.</summary>
    public async Task<CacheManifest?> ReadAsync(FakeRepository repository)
    {
        if (await FindAsync(repository) is not { State: CacheState.Complete } entry) return null;
        using var store = Open(entry);
        return await store.ReadAsync(CacheManifest.Name, CacheManifest.MaxBytes, CancellationToken.None) is { } bytes ? CacheManifest.Read(bytes, entry) : null;
    }

    public async ValueTask DisposeAsync()
    {
        _clients.Dispose();
        await _database.DisposeAsync();
        await Hub.DisposeAsync();
        Bucket.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
