using Rouse.Core.Deployments;
using Rouse.Core.Ports;

namespace Rouse.Providers.Local;

/// <content>Taking over from the server before, and handing over to the next one.</content>
public sealed partial class LocalProvider
{
    /// <summary>5 s for another server that is just ending to let go of the folder.</summary>
    private static readonly TimeSpan LockWait = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private Task? _recovery;
    private FileStream? _lock;
    private bool _disposed;

    /// <summary>
    /// Adopts living workers whose pool and <see cref="LocalOptions.Generation"/> fit, ends every other process of this installation, and goes
    /// on with the pools. Once per provider; further calls wait for the first.
    /// </summary>
    /// <exception cref="ProviderException">Not Linux, or another server uses the folder.</exception>
    public Task RecoverAsync(CancellationToken ct)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_recovery is null or { IsFaulted: true }) _recovery = Task.Run(RecoverOnceAsync, CancellationToken.None);
            return _recovery.WaitAsync(ct);
        }
    }

    /// <summary>Ends the workers (or leaves them to the next server: <see cref="LocalOptions.StopWorkersOnExit"/>). Pools stay on disk.</summary>
    public async ValueTask DisposeAsync()
    {
        Task? recovery;
        lock (_gate)
        {
            if (_disposed) return;
            _disposed = true;
            recovery = _recovery;
        }

        if (recovery is null) return;
        await recovery.ContinueWith(static _ => { }, TaskScheduler.Default);
        _queue.Changed -= _pools.OnQueueChanged;
        var left = Task.WhenAll(_pools.All.Select(pool => pool.AskAsync(Wish.Leave)));
        try
        {
            await left.WaitAsync(CallTimeout, _time);
        }
        catch (TimeoutException)
        {
            Log.Ending(_logger, _pools.All.Count, "they did not end with the server; the next one ends them");
        }

        if (_lock is not null) await _lock.DisposeAsync();
    }

    private async Task RecoverOnceAsync()
    {
        if (!ProcFs.IsAvailable)
        {
            throw new ProviderException(
                ProviderFault.Rejected,
                "The local provider keeps track of its workers by Linux's /proc, which this system has not. Run the server on Linux.");
        }

        MakePrivateFolder(_root);
        _lock ??= await LockAsync();
        var files = ReadFolders();
        bool Fits(FoundProcess found) => found.Generation == _options.Generation && files.GetValueOrDefault(found.Backend) is { Deleted: false };

        var living = _processes.Now();
        // What a worker started lives as long as the worker.
        var adopted = living.Where(found => found.IsMain && Fits(found)).ToDictionary(found => found.Worker, StringComparer.Ordinal);
        var others = living.Where(found => !adopted.ContainsKey(found.Worker)).ToList();
        if (others.Count > 0)
        {
            Log.Ending(_logger, others.Count, "no pool of this server can use them");
            await _processes.EndAsync(found => !adopted.ContainsKey(found.Worker), _options.EndGrace, CancellationToken.None);
        }

        foreach (var (text, file) in files)
        {
            if (!BackendName.TryParse(text, out var name)) continue;
            var pool = new Pool(_context, name, file, Path.Combine(_root, text));
            pool.TakeOver(adopted.Values.Where(found => found.Backend == text));
            _pools.TryAdd(pool);
        }

        _queue.Changed += _pools.OnQueueChanged;
        foreach (var pool in _pools.All) pool.Begin();
    }

    /// <summary>Logs may hold what users asked for: nobody else's business.</summary>
    private static void MakePrivateFolder(string path)
    {
        if (OperatingSystem.IsWindows()) throw new PlatformNotSupportedException();
        Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private Dictionary<string, PoolFile> ReadFolders()
    {
        var files = new Dictionary<string, PoolFile>(StringComparer.Ordinal);
        foreach (var folder in Directory.EnumerateDirectories(_root))
        {
            var text = Path.GetFileName(folder);
            if (BackendName.TryParse(text, out _) && PoolFile.Read(folder) is { } file)
            {
                files.Add(text, file);
                continue;
            }

            // Without an intent nothing was ever started from it, or it was half removed: its attempt is then listed as absent.
            Log.Unreadable(_logger, folder);
            Directory.Delete(folder, recursive: true);
        }

        return files;
    }

    /// <summary>An advisory lock on a file: it ends with the process, however that ends.</summary>
    private async Task<FileStream> LockAsync()
    {
        var began = _time.GetTimestamp();
        while (true)
        {
            try
            {
                return new FileStream(Path.Combine(_root, ".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException held) when (_time.GetElapsedTime(began) >= LockWait)
            {
                throw new ProviderException(ProviderFault.Rejected, $"Another server uses {_root}. Give each its own data folder.", held);
            }
            catch (IOException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), _time);
            }
        }
    }
}
