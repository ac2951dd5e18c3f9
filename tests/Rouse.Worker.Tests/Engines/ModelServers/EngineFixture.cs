using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Rouse.Contracts.Secrecy;
using Rouse.Worker.Engines;
using Rouse.Worker.Engines.Process;
using Rouse.Worker.Lifetime;
using Rouse.Worker.Reports;
using Rouse.Worker.Supervision;
using Rouse.Worker.Tests.Support;

namespace Rouse.Worker.Tests.Engines.ModelServers;

/// <summary>The engine before a real server of tests/Rouse.ModelServer, as a real process.</summary>
internal sealed class EngineFixture : IAsyncDisposable
{
    private EngineFixture(ProcessEngine engine, string folder) => (Engine, Folder) = (engine, folder);

    public ProcessEngine Engine { get; }

    /// <summary>Where the server leaves what it saw.</summary>
    public string Folder { get; }

    public ConcurrentQueue<string> Parts { get; } = new();

    /// <summary>Starts it: the words of <see cref="ServerCommand.Arguments"/>.</summary>
    public static string[] Command(string folder) => ["dotnet", Path.Combine(AppContext.BaseDirectory, "Rouse.ModelServer.dll"), "{port}", folder];

    public static async Task<EngineFixture> StartAsync(Func<ProcessSettings, ProcessSettings>? change = null)
    {
        var folder = Directory.CreateTempSubdirectory("rouse-server-").FullName;
        var settings = new ProcessSettings
        {
            Command = new ServerCommand("server", Command(folder)),
            Limits = new SupervisionLimits { FirstRestart = TimeSpan.FromMilliseconds(1), HealthInterval = TimeSpan.FromMilliseconds(50), ProbeInterval = TimeSpan.FromMilliseconds(20) },
        };
        var clock = new Clock(TimeProvider.System, static () => 0);
        var engine = new ProcessEngine(change?.Invoke(settings) ?? settings, "org/name", new WorkerLog(TextWriter.Null, clock.Time, SecretMask.Shapes), clock);
        var fixture = new EngineFixture(engine, folder);
        try
        {
            await engine.LoadAsync(null, static _ => { }, CancellationToken.None).AsTask().InTimeAsync();
            return fixture;
        }
        catch (EngineException)
        {
            await fixture.DisposeAsync();
            throw;
        }
    }

    public async Task<EngineResult> RunAsync(string input, CancellationToken ct = default) => await Engine.RunAsync(
        new EngineJob("j", JsonSerializer.Deserialize<JsonElement>(input)),
        new JobEvents(static _ => { }, (part, _) =>
        {
            Parts.Enqueue(Encoding.UTF8.GetString(part.Span));
            return ValueTask.CompletedTask;
        }),
        ct).AsTask().InTimeAsync();

    /// <summary>The output of a run that was completed.</summary>
    public async Task<string> OutputAsync(string input) => Encoding.UTF8.GetString(Assert.IsType<EngineResult.Completed>(await RunAsync(input)).Output.Span);

    /// <summary>What a run failed with.</summary>
    public async Task<string> FailureAsync(string input) => (await Assert.ThrowsAsync<EngineException>(() => RunAsync(input))).Message;

    public Task SeenAsync(string file) => Deadline.UntilAsync(() => File.Exists(Path.Combine(Folder, file)));

    public async ValueTask DisposeAsync()
    {
        await Engine.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}
