using Rouse.Contracts.Secrecy;
using Rouse.Worker.Lifetime;
using Rouse.Worker.Reports;
using Rouse.Worker.Supervision;
using Rouse.Worker.Tests.Support;

namespace Rouse.Worker.Tests.Supervision;

/// <summary>A supervised shell script; whether it is up, the test says.</summary>
internal sealed class Supervised : IAsyncDisposable
{
    public const string Secret = "a-secret-of-the-worker";

    private readonly StringWriter _log = new();
    private int _asked;

    /// <param name="script">For sh; null: somebody else runs the server.</param>
    public Supervised(string? script, Func<SupervisionLimits, SupervisionLimits>? limits = null, Func<ServerCommand, ServerCommand>? command = null)
    {
        var quick = new SupervisionLimits
        {
            ProbeInterval = TimeSpan.FromMilliseconds(5),
            HealthInterval = TimeSpan.FromMilliseconds(10),
            FirstRestart = TimeSpan.FromMilliseconds(1),
            LongestRestart = TimeSpan.FromMilliseconds(1),
            StopGrace = Deadline.Generous,
        };
        var clock = new Clock(TimeProvider.System, static () => 0);
        var started = script is null ? null : new ServerCommand("server", ["sh", "-c", script, "sh", Folder]);
        var log = new WorkerLog(TextWriter.Synchronized(_log), clock.Time, new SecretMask([Secret]));
        Server = new SupervisedServer(
            started is null ? null : command?.Invoke(started) ?? started, "server",
            (life, ct) =>
            {
                Interlocked.Increment(ref _asked);
                return Probe(life, ct);
            },
            limits?.Invoke(quick) ?? quick, log, clock);
    }

    public SupervisedServer Server { get; }

    /// <summary>The script's first argument.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("rouse-server-").FullName;

    public Func<ServerLife, CancellationToken, Task<string?>> Probe { get; set; } = static (_, _) => Task.FromResult<string?>(null);

    public int Asked => Volatile.Read(ref _asked);

    public string Log
    {
        get
        {
            lock (_log) return _log.ToString();
        }
    }

    /// <summary>What the script wrote into a file of its folder, once it is there.</summary>
    public async Task<string> ReadAsync(string file)
    {
        var path = Path.Combine(Folder, file);
        await Deadline.UntilAsync(() => File.Exists(path) && File.ReadAllText(path).EndsWith('\n'));
        return (await File.ReadAllTextAsync(path)).Trim();
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}
