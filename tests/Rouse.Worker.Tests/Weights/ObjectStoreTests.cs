using System.Security.Cryptography;
using System.Text.Json;
using Rouse.Contracts;
using Rouse.Contracts.Secrecy;
using Rouse.Contracts.Webhooks;
using Rouse.Contracts.Workers;
using Rouse.TestKit.Files;
using Rouse.TestKit.Hub;
using Rouse.Worker.Configuration;
using Rouse.Worker.Lifetime;
using Rouse.Worker.Reports;
using Rouse.Worker.Weights;

namespace Rouse.Worker.Tests.Weights;

/// <summary>A copy in an object store is taken when it is right, and the hub when anything is wrong with it.</summary>
public sealed class ObjectStoreTests : IAsyncDisposable
{
    private const string Id = "org/name";
    private const string Large = "unet/model.onnx";

    private readonly FakeRepository _repository = new FakeRepository(Id).WithPipeline();
    private readonly Dictionary<string, HostedFile> _stored = new(StringComparer.Ordinal);
    private readonly HttpClient _http = Composition.CreateHubHttp();
    private FakeFileHost _store = null!;
    private HubFixture _hub = null!;

    [Fact]
    public async Task Obtain_OfAWholeCopy_AsksTheHubNothing()
    {
        var store = await StartAsync();

        HubFixture.AssertHolds(await ObtainAsync(store), _repository.Files);

        Assert.Empty(_hub.Hub.Requests);
        Assert.Equal(("object_store", _repository.Files.Sum(file => file.Size)), (store.Origin!.From, store.Origin.Bytes));
        Assert.True(store.CacheUse!.Hit);
        Assert.Contains("bytes from the object store", _hub.Log.ToString(), StringComparison.Ordinal);
        // A second start finds all of it on the volume.
        var (again, sent) = (Store(), _store.BytesSent);
        await ObtainAsync(again);
        Assert.Equal("volume", again.Origin!.From);
        Assert.True(_store.BytesSent - sent < 4_096);
    }

    [Fact]
    public async Task Obtain_WhenTheStoresConnectionsAreCut_GoesOnWhereTheyWereCut()
    {
        var store = await StartAsync();
        foreach (var cut in new[] { 0, 5_000, 20_000, 31_000 }) _stored[Large].Cuts.Enqueue(cut);
        foreach (var status in new[] { 503, 500 }) _stored["vae_decoder/model.onnx"].Statuses.Enqueue(status);

        HubFixture.AssertHolds(await ObtainAsync(store), _repository.Files);

        Assert.Equal("object_store", store.Origin!.From);
    }

    [Fact]
    public async Task Obtain_WhenItsAddressesRunOut_AsksTheControlPlaneForNewOnes()
    {
        var store = await StartAsync();
        foreach (var status in new[] { 403, 400 }) _stored[Large].Statuses.Enqueue(status);
        _stored["control"].Statuses.Enqueue(503);

        HubFixture.AssertHolds(await ObtainAsync(store), _repository.Files);

        Assert.Equal("object_store", store.Origin!.From);
    }

    public static TheoryData<string, Action<HostedFile>, bool> Broken => new()
    {
        { "a wrong byte", static file => file.Spoilt(int.MaxValue), true },
        { "no ranges", static file => file.HasRanges = false, true },
        { "gone", static file => file.Statuses.Enqueue(404), true },
        { "silent", static file => Enqueue(file, 503), false },
        { "forbidden for good", static file => Enqueue(file, 403), false },
        { "cut for good", static file => Enumerable.Repeat(0, 100).ToList().ForEach(file.Cuts.Enqueue), false },
        { "moved elsewhere", static file => file.RedirectTo = "http://10.0.0.1/x", false },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public async Task Obtain_WhenTheCopyIsBroken_TakesTheHub_AndServesNothingOfIt(string how, Action<HostedFile> damage, bool isDamaged)
    {
        Assert.NotEmpty(how);
        var store = await StartAsync();
        damage(_stored[Large]);

        HubFixture.AssertHolds(await ObtainAsync(store), _repository.Files);

        Assert.Equal("hub", store.Origin!.From);
        Assert.Equal((false, isDamaged), (store.CacheUse!.Hit, store.CacheUse.IsDamaged));
        Assert.Contains("NOT used", _hub.Log.ToString(), StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _store.DisposeAsync();
        await _hub.DisposeAsync();
    }

    private static void Enqueue(HostedFile file, int status) => Enumerable.Repeat(status, 100).ToList().ForEach(file.Statuses.Enqueue);

    private static Task<string> ObtainAsync(WeightsStore store) =>
        store.ObtainAsync(HubFixture.Model(Id), new OnnxFiles(), static (_, _) => { }, CancellationToken.None);

    private async Task<WeightsStore> StartAsync()
    {
        (_hub, _store) = (await HubFixture.StartAsync(_repository), await FakeFileHost.StartAsync());
        List<WorkerCacheFile> files = [];
        foreach (var file in _repository.Files)
        {
            var bytes = new byte[file.Size];
            for (var at = 0L; at < file.Size;)
            {
                var part = file.At(at, long.MaxValue);
                part.CopyTo(bytes.AsMemory((int)at));
                at += part.Length;
            }

            var hosted = _stored[file.Path] = new HostedFile(bytes);
            files.Add(new WorkerCacheFile(file.Path, file.Size, file.Etag, Convert.ToHexStringLower(SHA256.HashData(bytes)), _store.Add("/bucket/" + file.Path, hosted)));
        }

        var reply = new WorkerCacheReply { Hit = true, Commit = _repository.Commit, Files = files };
        _stored["control"] = new HostedFile(JsonSerializer.SerializeToUtf8Bytes(reply, RouseJson.Default.WorkerCacheReply)) { ContentType = "application/json" };
        _store.Add("/attempts/1/cache", _stored["control"]);
        return Store();
    }

    private WeightsStore Store()
    {
        var clock = new Clock(TimeProvider.System, static () => 1);
        var log = new WorkerLog(TextWriter.Synchronized(_hub.Log), TimeProvider.System, new SecretMask([]));
        Assert.True(WebhookSecret.TryParse("whsec_" + Convert.ToBase64String(new byte[32]), out var secret));
        var control = new ControlPlane(new Uri(_store.Endpoint + "/attempts/1/reports"), secret!, TunnelLogs: false);
        var hub = new HubClient(_http, new HubSettings(_hub.Hub.Endpoint, null, _hub.Cache), clock.Time);
        return new WeightsStore(hub, HubFixture.Options, log, clock, new ObjectCache(_http, control, "w1", "run1", log, clock));
    }
}
