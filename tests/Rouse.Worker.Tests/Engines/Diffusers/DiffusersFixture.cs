using System.Text.Json;
using Rouse.Contracts.Secrecy;
using Rouse.TestKit.Time;
using Rouse.Worker.Engines;
using Rouse.Worker.Engines.Diffusers;
using Rouse.Worker.Engines.Diffusers.Loading;
using Rouse.Worker.Engines.Inputs;
using Rouse.Worker.Lifetime;
using Rouse.Worker.Outputs;
using Rouse.Worker.Reports;
using Rouse.Worker.Tests.Engines.Images;
using Rouse.Worker.Tests.Support;

namespace Rouse.Worker.Tests.Engines.Diffusers;

/// <summary>An engine with a real Python and stand-ins for its libraries, and a tiny model that it loads.</summary>
internal sealed class DiffusersFixture : IAsyncDisposable
{
    public DiffusersFixture(
        string machine = StandInPython.Gpu, DiffusersTask task = DiffusersTask.TextToImage, bool keepsSafetyChecker = true, TimeProvider? time = null, string? python = null,
        LoadWishes? wishes = null, InputUrls? urls = null, params string[] modules)
    {
        Python = new StandInPython(machine, modules);
        var clock = new Clock(time ?? TimeProvider.System, static () => 0);
        Engine = new DiffusersEngine(
            "org/tiny", new DiffusersSettings(task, python ?? Python.Command, wishes ?? LoadWishes.None, keepsSafetyChecker, urls ?? InputUrls.Public), static max => max / 2,
            new WorkerLog(TextWriter.Synchronized(Log), TimeProvider.System, new SecretMask([])), clock);
    }

    public StandInPython Python { get; }

    public DiffusersEngine Engine { get; }

    public StringWriter Log { get; } = new();

    public string Folder { get; } = Directory.CreateTempSubdirectory("rouse-tiny-").FullName;

    /// <summary>With a Stable Diffusion of the plain variant, unless the folder has a model already.</summary>
    public async Task<DiffusersFixture> LoadAsync()
    {
        if (!Directory.EnumerateFileSystemEntries(Folder).Any()) TinyRepository.Pipeline(Folder);
        await Engine.LoadAsync(Folder, static _ => { }, CancellationToken.None).AsTask().InTimeAsync();
        return this;
    }

    public async Task<EngineException> LoadFaultAsync() => await Assert.ThrowsAsync<EngineException>(LoadAsync);

    public async Task<EngineResult> RunAsync(string input, Action<EngineProgress>? progress = null, CancellationToken ct = default) => await Engine.RunAsync(
        new EngineJob("1", JsonElement.Parse(input)), JobEvents.Unheard with { Progress = progress ?? (static _ => { }) }, ct).AsTask().InTimeAsync();

    public async Task<JsonElement> OutputAsync(string input, Action<EngineProgress>? progress = null) =>
        JsonElement.Parse(OutputJson.Write(Assert.IsType<EngineResult.Made>(await RunAsync(input, progress))).Span);

    public async Task<PngReader> PictureAsync(string input) => PngReader.Read((await OutputAsync(input)).GetProperty("image_base64").GetBytesFromBase64());

    public async Task<string> RefusalAsync(string input)
    {
        var refused = Assert.IsType<EngineResult.Refused>(await RunAsync(input));
        Assert.Equal("invalid_input", refused.Code);
        return refused.Message;
    }

    public async Task<EngineException> FaultAsync(string input) => await Assert.ThrowsAsync<EngineException>(() => RunAsync(input));

    public async ValueTask DisposeAsync()
    {
        await Engine.DisposeAsync();
        Python.Dispose();
        Directory.Delete(Folder, recursive: true);
    }
}
