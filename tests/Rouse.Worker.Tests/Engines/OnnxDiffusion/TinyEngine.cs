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
    private readonly (string Name, string Member)[] _members;

    public TinyEngine() : this(new TinyDiffusionOptions())
    {
    }

    private TinyEngine(TinyDiffusionOptions options, int threads = 1, params (string Name, string Member)[] members) =>
        (_options, _threads, _members) = (options, threads, members);

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
        foreach (var (name, member) in _members)
        {
            var path = Path.Combine(Folder, name);
            File.WriteAllText(path, File.ReadAllText(path).TrimEnd().TrimEnd('}') + "," + member + "}");
        }

        Engine = new OnnxDiffusionEngine("tiny/model", _threads, max => Math.Min(DrawnSeed, max), memory: 1L << 30);
        await Engine.LoadAsync(Folder, Loading.Add, CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        await Engine.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    /// <param name="members">Added to files of the repository: a name, and the member as JSON writes it. One that is there already is overruled.</param>
    internal static async Task<TinyEngine> WithAsync(params (string Name, string Member)[] members)
    {
        var engine = new TinyEngine(new TinyDiffusionOptions(), threads: 1, members);
        await engine.InitializeAsync();
        return engine;
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
