using System.Text.Json;
using Rouse.Onnx.Samples.TinyDiffusion;
using Rouse.Worker.Engines;
using Rouse.Worker.Engines.OnnxDiffusion;
using Rouse.Worker.Outputs;
using Rouse.Worker.Tests.Engines.Images;

namespace Rouse.Worker.Tests.Engines.OnnxDiffusion;

/// <summary>The tiny model written to a folder of its own and loaded; ended by the test.</summary>
public sealed class TinyEngine : IAsyncLifetime
{
    public const long DrawnSeed = 123_456_789;
    private readonly TinyDiffusionOptions _options;
    private readonly int _threads;

    public TinyEngine() : this(new TinyDiffusionOptions())
    {
    }

    private TinyEngine(TinyDiffusionOptions options, int threads = 1) => (_options, _threads) = (options, threads);

    public string Folder { get; } = Directory.CreateTempSubdirectory("rouse-engine-").FullName;

    internal OnnxDiffusionEngine Engine { get; private set; } = null!;

    internal List<EngineProgress> Loading { get; } = [];

    internal static async Task<TinyEngine> StartAsync(TinyDiffusionOptions options, int threads = 1)
    {
        var engine = new TinyEngine(options, threads);
        await engine.InitializeAsync();
        return engine;
    }

    public async Task InitializeAsync()
    {
        TinyDiffusionModel.Write(Folder, seed: 1, _options);
        Engine = new OnnxDiffusionEngine("tiny/model", _threads, max => Math.Min(DrawnSeed, max));
        await Engine.LoadAsync(Folder, Loading.Add, CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        await Engine.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    internal async Task<JsonElement> OutputAsync(string input, Action<EngineProgress>? progress = null, CancellationToken ct = default)
    {
        var result = await Engine.RunAsync(new EngineJob("1", JsonElement.Parse(input)), JobEvents.Unheard with { Progress = progress ?? (_ => { }) }, ct);
        return JsonElement.Parse(OutputJson.Write(Assert.IsType<EngineResult.Made>(result)).Span);
    }

    internal async Task<PngReader> PictureAsync(string input) => Decode(await OutputAsync(input));

    internal static PngReader Decode(JsonElement output) => PngReader.Read(output.GetProperty("image_base64").GetBytesFromBase64());

    internal async Task<string> RefusalAsync(string input)
    {
        var result = await Engine.RunAsync(
            new EngineJob("1", JsonElement.Parse(input)), JobEvents.Unheard with { Progress = _ => Assert.Fail("Something ran.") }, CancellationToken.None);
        var refused = Assert.IsType<EngineResult.Refused>(result);
        Assert.Equal("invalid_input", refused.Code);
        return refused.Message;
    }
}
