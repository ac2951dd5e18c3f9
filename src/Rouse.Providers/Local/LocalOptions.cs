namespace Rouse.Providers.Local;

/// <summary>What the local provider needs to know, and its bounds: each with its unit and why it is there.</summary>
public sealed record LocalOptions
{
    /// <summary>Pools keep their intent and their workers' logs in <c>{DataFolder}/local/{backend}/</c>. One server at a time may use it.</summary>
    public required string DataFolder { get; init; }

    /// <summary>What a worker is started with.</summary>
    public required WorkerCommand Command { get; init; }

    /// <summary>Unique to this installation and the same after each restart: processes that carry another word are never touched.</summary>
    public required string Owner { get; init; }

    /// <summary>
    /// What a living worker depends on, such as the server's base URL. After a restart workers of the same generation are adopted, those of
    /// another one could not reach us and are ended.
    /// </summary>
    public required string Generation { get; init; }

    /// <summary>From SIGTERM to SIGKILL for a worker that is scaled down. 10 s: enough to close what it has open, it holds no job.</summary>
    public TimeSpan StopGrace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>From SIGTERM to SIGKILL when the backend is deleted or the server ends. 5 s: the caller waits for it.</summary>
    public TimeSpan EndGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often a pool with workers looks at its logs, adopted processes and queue. 250 ms: unnoticeable, and cheap.</summary>
    public TimeSpan Tick { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How often the queue is read without news, and processes are searched for strays. 30 s: a safety net, events do the work.</summary>
    public TimeSpan Resync { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Crashes in a row, without a job in hand, that end a deployment. 3: once is chance, twice is bad luck.</summary>
    public int CrashLoopThreshold { get; init; } = 3;

    /// <summary>
    /// Crashes in a row, jobs in hand or not, that end a deployment. 9: a job that kills its workers is given up after a few tries, and one
    /// such job must not take the deployment with it.
    /// </summary>
    public int JobCrashThreshold { get; init; } = 9;

    /// <summary>Before the first restart after a crash; doubled for each further one up to <see cref="MaxRestartDelay"/>. 1 s.</summary>
    public TimeSpan RestartDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>30 s: a machine short of memory gets air, and a user still sees it trying.</summary>
    public TimeSpan MaxRestartDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>After a second worker beside one that works failed for good, before the next is tried. 10 min: memory may be free again.</summary>
    public TimeSpan GrowthPause { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>A ready worker without a job, not heard of for this long, hangs and is replaced. 3 min: twice Runpod's longest poll.</summary>
    public TimeSpan SilentTimeout { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>How long we wait for the queue's state or a worker's environment. 10 s: they are reads of our own store.</summary>
    public TimeSpan StoreTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Bytes of a worker's log on disk before it is emptied; every line has gone to the sink by then. 4 MiB.</summary>
    public int LogCapBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>Whether workers end with the server. False leaves them to the next start, which adopts them.</summary>
    public bool StopWorkersOnExit { get; init; } = true;

    /// <summary>
    /// Variables of the server that its workers see too (<c>*</c> at the end: any that begin so). A closed list, because the server's own
    /// environment may hold keys that no worker must know.
    /// </summary>
    public IReadOnlyList<string> PassedVariables { get; init; } =
    [
        "PATH", "HOME", "USER", "LANG", "LC_*", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "DOTNET_*", "SSL_CERT_*",
        "CUDA_*", "NVIDIA_*", "OMP_*", "XDG_CACHE_HOME", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
    ];
}

/// <param name="Executable">A path, or a name looked up in PATH.</param>
public sealed record WorkerCommand(string Executable, params IReadOnlyList<string> Arguments)
{
    /// <summary>What is missing here to run the command, or null. The first argument counts when it is a rooted path: a program's file.</summary>
    internal string? Missing()
    {
        if (!IsProgram(Executable)) return Executable;
        return Arguments is [var file, ..] && Path.IsPathRooted(file) && !File.Exists(file) ? file : null;
    }

    private static bool IsProgram(string name) => name.Contains('/', StringComparison.Ordinal)
        ? File.Exists(name)
        : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => folder.Length > 0 && File.Exists(Path.Combine(folder, name)));
}
