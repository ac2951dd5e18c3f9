using Rouse.Core.Models;
using Rouse.Core.Tenancy;
using Rouse.Server.Egress;
using Rouse.Server.Hub;
using Rouse.TestKit.Hub;

namespace Rouse.Server.Tests.Hub;

/// <summary>A hub on a real socket, and a catalogue that asks it without long waits.</summary>
internal sealed class HubBench : IAsyncDisposable
{
    public static readonly Secret Token = new(FakeHub.Token);
    private readonly HttpMessageInvoker _http = HubHttp.CreateHttp(EgressPolicy.Parse(null, allowLoopback: true));

    private HubBench(FakeHub hub, HubOptions options, TimeProvider time)
    {
        Hub = hub;
        Http = new HubHttp(_http, hub.Endpoint, options, TimeProvider.System, static () => 0);
        Catalog = new HubCatalog(new HubInspector(Http, options), Http, options, time);
    }

    private static ReadOnlySpan<byte> Index => """
        {"_class_name":"StableDiffusionPipeline","unet":["diffusers","UNet2DConditionModel"],"vae":["diffusers","AutoencoderKL"],"safety_checker":[null,null]}
        """u8;

    public static HubOptions Options { get; } = new() { FirstPause = TimeSpan.FromMilliseconds(1) };

    public FakeHub Hub { get; }

    public HubHttp Http { get; }

    public HubCatalog Catalog { get; }

    public int Listings => Hub.Requests.Count(request => request.Path.StartsWith("/api/", StringComparison.Ordinal));

    public static async Task<HubBench> StartAsync(HubOptions? options = null, TimeProvider? time = null) =>
        new(await FakeHub.StartAsync(Repositories()), options ?? Options, time ?? TimeProvider.System);

    public Task<HubLook> InspectAsync(string id, Secret? token = null, FormatPolicy? policy = null) =>
        Catalog.InspectAsync(Model(id), token, policy ?? FormatPolicy.Diffusers, CancellationToken.None);

    public static ModelRef Model(string id) => ModelRef.TryParseHub(id, out var model) ? model! : throw new ArgumentException(id, nameof(id));

    public async ValueTask DisposeAsync()
    {
        await Hub.DisposeAsync();
        _http.Dispose();
    }

    /// <summary>Parts of a size that a GPU notices, of which only headers are ever sent.</summary>
    public static FakeRepository Pipeline(string id, bool gated = false, bool isPrivate = false, string type = "F32", int bytes = 4) => new FakeRepository(id)
    {
        IsGated = gated, IsPrivate = isPrivate, PipelineTag = "text-to-image",
    }.With(
        FakeFile.Of("model_index.json", Index.ToArray()),
        FakeFile.Safetensors("unet/diffusion_pytorch_model.safetensors", Count(type, 2_000_000_000), bytes, padding: 600_000),
        FakeFile.Safetensors("vae/diffusion_pytorch_model.safetensors", Count(type, 100_000_000), bytes),
        FakeFile.Safetensors("extra/diffusion_pytorch_model.safetensors", Count(type, 9_000_000_000), bytes));

    private static Dictionary<string, long> Count(string type, long count) => new(StringComparer.Ordinal) { [type] = count };

    private static FakeRepository[] Repositories() =>
    [
        Pipeline("org/wide"), Pipeline("org/gated", gated: true), Pipeline("org/private", isPrivate: true),
        new FakeRepository("org/pickled").With(FakeFile.Of("model_index.json", "{}"u8.ToArray()), FakeFile.Sized("unet/diffusion_pytorch_model.bin", 100_000)),
        new FakeRepository("org/counted") { Parameters = Count("F32", 1_000_000_000) }.With(FakeFile.Safetensors("model.safetensors", Count("F32", 1_000_000_000), 4)),
        new FakeRepository("org/broken").With(FakeFile.Of("model_index.json", "[]"u8.ToArray())),
        new FakeRepository("org/odd").With(FakeFile.Sized("model.safetensors", 1_000_000)),
    ];
}
