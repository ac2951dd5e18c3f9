using Rouse.Contracts.Secrecy;
using Rouse.TestKit.Hub;
using Rouse.Worker.Lifetime;
using Rouse.Worker.Reports;
using Rouse.Worker.Weights;

namespace Rouse.Worker.Tests.Weights;

/// <summary>A hub, an empty cache, and stores that fetch from the one into the other in small pieces and without long waits.</summary>
internal sealed class HubFixture : IAsyncDisposable
{
    public static readonly DownloadOptions Options = new()
    {
        Connections = 4,
        MinPiece = 32 << 10,
        MaxPiece = 256 << 10,
        BufferSize = 16 << 10,
        JournalStep = 16 << 10,
        FirstWait = TimeSpan.FromMilliseconds(1),
        LongestWait = TimeSpan.FromMilliseconds(10),
        LongestAsked = TimeSpan.FromMilliseconds(10),
        LeastProgress = 1 << 10,
        LockPoll = TimeSpan.FromMilliseconds(5),
        DiskReserve = 0,
    };

    private readonly HttpClient _http = Composition.CreateHubHttp();

    private HubFixture(FakeHub hub) => Hub = hub;

    public FakeHub Hub { get; }

    public string Cache { get; } = Directory.CreateTempSubdirectory("rouse-weights-").FullName;

    public StringWriter Log { get; } = new();

    public static async Task<HubFixture> StartAsync(params FakeRepository[] repositories) => new(await FakeHub.StartAsync(repositories));

    public WeightsStore Store(string? token = null, DownloadOptions? options = null, TimeProvider? time = null, string? root = null, string? host = null)
    {
        var clock = new Clock(time ?? TimeProvider.System, static () => 0);
        var hub = new HubClient(_http, new HubSettings(Hub.Endpoint, token, root ?? Cache) { HostCache = host }, clock.Time);
        var log = new WorkerLog(TextWriter.Synchronized(Log), TimeProvider.System, new SecretMask([]));
        return new WeightsStore(hub, options ?? Options, log, clock);
    }

    public Task<string> ObtainAsync(string id, string? token = null) =>
        Store(token).ObtainAsync(Model(id), new OnnxFiles(), static (_, _) => { }, CancellationToken.None);

    public Task<WeightsException> FaultAsync(string id, string? token = null) => Assert.ThrowsAsync<WeightsException>(() => ObtainAsync(id, token));

    public static HubModel Model(string id) => HubModel.TryParse(id, out var model) ? model : throw new ArgumentException(id, nameof(id));

    /// <summary>The folder holds these files with these bytes, through links that stay right when the cache is moved.</summary>
    public static void AssertHolds(string folder, IEnumerable<FakeFile> files)
    {
        foreach (var file in files)
        {
            var path = Path.Combine(folder, file.Path);
            Assert.StartsWith("..", new FileInfo(path).LinkTarget, StringComparison.Ordinal);
            Assert.Equal(file.Etag, Path.GetFileName(new FileInfo(path).ResolveLinkTarget(returnFinalTarget: true)!.FullName));
            var expected = new byte[file.Size];
            for (var at = 0L; at < file.Size;)
            {
                var part = file.At(at, long.MaxValue);
                part.CopyTo(expected.AsMemory((int)at));
                at += part.Length;
            }

            Assert.True(expected.AsSpan().SequenceEqual(File.ReadAllBytes(path)), $"{file.Path} differs.");
        }
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await Hub.DisposeAsync();
        Directory.Delete(Cache, recursive: true);
    }
}
