using System.Text;
using System.Text.Json;
using Rouse.Contracts.Secrecy;
using Rouse.TestKit.WebUi;
using Rouse.Worker.Engines;
using Rouse.Worker.Engines.A1111;
using Rouse.Worker.Lifetime;
using Rouse.Worker.ModelFiles;
using Rouse.Worker.Reports;
using Rouse.Worker.Tests.Support;

namespace Rouse.Worker.Tests.Engines.A1111;

/// <summary>The engine before a WebUI on a real socket.</summary>
internal sealed class Bridge : IAsyncDisposable
{
    public const string Simple = """{"prompt":"a fox","steps":2}""";

    private readonly StringWriter _output = new();

    private Bridge(FakeWebUi webui, TimeProvider time, bool warmsUp, string checkpoints)
    {
        Checkpoints = checkpoints;
        WebUi = webui;
        var log = new WorkerLog(TextWriter.Synchronized(_output), time, new SecretMask([Secret]));
        Engine = new A1111Engine(Settings(webui.Url) with { WarmsUp = warmsUp }, "org/name", Source, log, new Clock(time, static () => 0));
    }

    public const string Secret = "s3cr3t-of-the-worker";

    public FakeWebUi WebUi { get; }

    public A1111Engine Engine { get; }

    /// <summary>What the library answers, by the name asked for.</summary>
    public Func<WantedFile, InstalledFile> Library { get; set; } = static wanted => new InstalledFile(wanted.Kind, wanted.Name, "/models/" + wanted.Name, WasFetched: false);

    public List<WantedFile> Wanted { get; } = [];

    public int CleanUps { get; private set; }

    public string Log => _output.ToString();

    public string Checkpoints { get; }

    /// <param name="prepare">Of the WebUI, before the engine meets it.</param>
    public static async Task<Bridge> StartAsync(
        TimeProvider? time = null, bool warmsUp = false, string? model = null, string checkpoints = "/models/checkpoints", Action<FakeWebUi>? prepare = null)
    {
        var bridge = new Bridge(await FakeWebUi.StartAsync(), time ?? TimeProvider.System, warmsUp, checkpoints);
        prepare?.Invoke(bridge.WebUi);
        await bridge.Engine.LoadAsync(model, static _ => { }, CancellationToken.None).AsTask().InTimeAsync();
        return bridge;
    }

    public static A1111Settings Settings(string url) => new()
    {
        Api = new Uri(url + "/"),
        Timeout = TimeSpan.FromSeconds(A1111Settings.DefaultTimeout),
        StartTimeout = TimeSpan.FromSeconds(A1111Settings.DefaultStartTimeout),
    };

    /// <summary>What makes a worker's environment that of this engine, which is given no model.</summary>
    public static void WithoutModel(Dictionary<string, string> variables)
    {
        variables["ROUSE_ENGINE"] = EngineNames.A1111;
        variables.Remove("ROUSE_MODEL_PATH");
    }

    public async Task<EngineResult> RunAsync(string input, CancellationToken ct = default, Action<EngineProgress>? progress = null)
    {
        using var json = JsonDocument.Parse(input);
        var events = new JobEvents(progress ?? (static _ => { }), static (_, _) => ValueTask.CompletedTask);
        return await Engine.RunAsync(new EngineJob("j1", json.RootElement), events, ct).AsTask().InTimeAsync();
    }

    public async Task<string> OutputAsync(string input) => Encoding.UTF8.GetString(Assert.IsType<EngineResult.Completed>(await RunAsync(input)).Output.Span);

    public async Task<string> RefusalAsync(string input)
    {
        var refusal = Assert.IsType<EngineResult.Refused>(await RunAsync(input));
        return $"{refusal.Code}: {refusal.Message}";
    }

    public async Task<EngineException> FailureAsync(string input) => await Assert.ThrowsAsync<EngineException>(() => RunAsync(input));

    /// <summary>The body of the one call that drew.</summary>
    public string SentTo(string call) => Assert.Single(WebUi.Of("POST", call)).Body;

    public async ValueTask DisposeAsync()
    {
        await Engine.DisposeAsync();
        await WebUi.DisposeAsync();
    }

    private ModelSource Source => new(
        (wanted, tell, _) =>
        {
            Wanted.Add(wanted);
            tell(1 << 20, 2 << 20);
            return Task.FromResult(Library(wanted));
        },
        static () => new CacheInfo(2, 1, 3 << 20),
        _ =>
        {
            CleanUps++;
            return Task.CompletedTask;
        },
        Checkpoints);
}
