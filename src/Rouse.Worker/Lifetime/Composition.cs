using System.Security.Cryptography;
using Rouse.Worker.Configuration;
using Rouse.Worker.Engines;
using Rouse.Worker.Engines.A1111;
using Rouse.Worker.Engines.Diffusers;
using Rouse.Worker.Engines.OnnxDiffusion;
using Rouse.Worker.ModelFiles;
using Rouse.Worker.Outputs;
using Rouse.Worker.Engines.Process;
using Rouse.Worker.Reports;
using Rouse.Worker.Weights;

namespace Rouse.Worker.Lifetime;

/// <summary>Here, and only here, time and chance come from outside.</summary>
internal static class Composition
{
    public static Clock Clock { get; } = new(TimeProvider.System, static () => RandomNumberGenerator.GetInt32(1_000_001) / 1_000_000d);

    public static string NewRun() => RandomNumberGenerator.GetHexString(16, lowercase: true);

    public static IEngine CreateEngine(WorkerSettings settings, WorkerLog log) => settings.Engine switch
    {
        OnnxSettings onnx => new OnnxDiffusionEngine(settings.ModelName, onnx.Threads, DrawSeed, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes),
        A1111Settings webui => CreateBridge(webui with { Command = webui.Command?.With("models", settings.Models.Folder) }, settings.ModelName, CreateLibrary(settings.Models, log), log),
        DiffusersSettings diffusers => new DiffusersEngine(settings.ModelName, diffusers, DrawSeed, log, Clock),
        ProcessSettings server => new ProcessEngine(server, settings.Model?.Id, log, Clock),
        var other => throw new InvalidOperationException($"Nothing makes an engine of {other.GetType().Name}."),
    };

    /// <summary>A client that follows no redirect by itself: where a token may go is decided by hand.</summary>
    public static HttpClient CreateHubHttp() => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        ConnectTimeout = TimeSpan.FromSeconds(10),
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
        DefaultRequestHeaders = { { "User-Agent", "rouse-worker/0.1" } },
    };

    public static WeightsStore CreateWeights(HttpClient http, HubSettings hub, WorkerLog log, ObjectCache? objects = null) =>
        new(new HubClient(http, hub, Clock.Time), new DownloadOptions(), log, Clock, objects);

    public static ModelLibrary CreateLibrary(LibrarySettings settings, WorkerLog log) => new(settings, new DownloadOptions(), log, Clock);

    public static ObjectCache? CreateCache(HttpClient http, WorkerSettings settings, WorkerLog log) =>
        CreateCache(http, settings.AsksForCache ? settings.Control : null, settings.WorkerId, settings.Run, log);

    /// <param name="control">Null where there is nobody to ask.</param>
    public static ObjectCache? CreateCache(HttpClient http, ControlPlane? control, string workerId, string run, WorkerLog log) =>
        control is null ? null : new ObjectCache(http, control, workerId, run, log, Clock);

    /// <param name="http">Follows no redirect: signed addresses are sent nowhere else.</param>
    public static OutputDesk CreateOutputs(HttpClient http, WorkerSettings settings, WorkerLog log, Clock clock)
    {
        OutputStore? store = settings.Outputs.Bucket is { } bucket ? new BucketStore(http, bucket, clock.Time)
            : settings.Control is { } control ? new ControlStore(http, control, settings.WorkerId, settings.Run, clock.Time)
            : null;
        return new OutputDesk(settings.Outputs, store is null ? null : new Uploader(http, store, clock), new OutputFolder(settings.Outputs.Folder, settings.Outputs.FolderKept, NewRun, clock.Time), log, clock);
    }

    private static A1111Engine CreateBridge(A1111Settings settings, string modelName, ModelLibrary library, WorkerLog log) =>
        new(settings, modelName, ModelSource.Of(library), log, Clock, library);

    /// <summary>From 0 to <paramref name="max"/>, both included.</summary>
    private static long DrawSeed(long max) => (long)(BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))) % ((ulong)max + 1));
}
