using Microsoft.Extensions.Logging;
using Rouse.Core.Deployments;
using Rouse.Core.Ports;

namespace Rouse.Providers.Local;

/// <summary>
/// This machine as a provider: a backend is a pool of worker processes. What it has is told by the pools' folders and by /proc, never by memory
/// alone, so a server that was killed finds its workers again.
/// </summary>
/// <remarks>The verbs wait for <see cref="RecoverAsync"/>, which a server calls at its start. Needs Linux.</remarks>
public sealed partial class LocalProvider : IProvider, IAsyncDisposable
{
    public const string Kind = "local";

    private readonly LocalOptions _options;
    private readonly IWorkQueue _queue;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly string _root;
    private readonly PoolSet _pools = new();
    private readonly PoolContext _context;
    private readonly OwnedProcesses _processes;

    /// <param name="newId">Ids of workers: unique, 1 to 64 of <c>a-z 0-9 -</c>.</param>
    public LocalProvider(
        LocalOptions options, IWorkQueue queue, LocalEnvironment environment, LocalLogSink logs, TimeProvider time, Func<string> newId,
        ILogger logger)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(options.Owner);
        (_options, _queue, _time, _logger) = (options, queue, time, logger);
        _root = Path.Combine(Path.GetFullPath(options.DataFolder), Kind);
        _processes = new OwnedProcesses(options.Owner, time);
        _context = new PoolContext(options, queue, environment, logs, time, newId, _processes, logger, id => Changed?.Invoke(id), OnPoolOver);
        Traits = new ProviderTraits { Kind = Kind, ScalesToZero = true, CanStop = true, ListLag = TimeSpan.Zero, CallTimeout = CallTimeout };
    }

    /// <summary>
    /// Raised, with the deployment, when its backend shows something new: a ready worker, trouble, nothing left. Handlers must return at once.
    /// </summary>
    public event Action<DeploymentId>? Changed;

    public ProviderTraits Traits { get; }

    /// <summary>Deleting waits for the workers' end; nothing else takes long.</summary>
    private TimeSpan CallTimeout => _options.EndGrace + TimeSpan.FromSeconds(5);

    public async ValueTask<IReadOnlyList<Offer>> ListOffersAsync(string? region, ProviderAccess access, CancellationToken ct)
    {
        await RecoverAsync(ct);
        var memoryGb = (int)(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 30);
        return [new Offer(Kind, "cpu", memoryGb, PricePerSecond: 0)];
    }

    public async ValueTask<BackendId> CreateAsync(BackendRequest request, ProviderAccess access, CancellationToken ct)
    {
        await RecoverAsync(ct);
        if (_options.Command.Missing() is { } missing)
        {
            throw new ProviderException(ProviderFault.Rejected, Pool.WorkerMissing(missing)) { Code = FailureCodes.WorkerMissing };
        }

        var id = new BackendId(request.Name.ToString());
        if (_pools.Find(request.Name) is not null) return id;
        var file = new PoolFile { Name = id.Value, Tenant = request.Tenant.Value, CreatedAt = _time.GetUtcNow(), Scaling = request.Spec.Workers };
        var folder = Path.Combine(_root, id.Value);
        try
        {
            MakePrivateFolder(folder);
            file.Write(folder);
            Libc.SyncFolder(_root);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new ProviderException(ProviderFault.Unknown, $"The pool's intent could not be written: {fault.Message}", fault);
        }

        var pool = new Pool(_context, request.Name, file, folder);
        if (_pools.TryAdd(pool)) pool.Begin();
        return id;
    }

    public async ValueTask<IReadOnlyList<ObservedBackend>> ListOwnedAsync(OwnerPrefix prefix, ProviderAccess access, CancellationToken ct)
    {
        await RecoverAsync(ct);
        var pools = _pools.All.Where(pool => pool.Name.Owner == prefix).ToDictionary(pool => pool.Name, pool => pool.Observe());
        // A pool is in the set before its first process is started and until after its last one ended: the rest has lost its folder.
        var strays = _processes.Lately()
            .GroupBy(found => found.Backend, StringComparer.Ordinal)
            .Select(group => (IsOurs: BackendName.TryParse(group.Key, out var name), Name: name, Processes: group))
            .Where(stray => stray.IsOurs && stray.Name.Owner == prefix && !pools.ContainsKey(stray.Name) && _pools.Find(stray.Name) is null)
            .Select(stray => (stray.Name, Living: stray.Processes.Where(found => ProcFs.IsAlive(found.Id)).ToList()))
            .Where(stray => stray.Living.Count > 0)
            .Select(stray => new ObservedBackend(new BackendId(stray.Name.ToString()), stray.Name, BackendStatus.Stopping, Workers: stray.Living.Count(found => found.IsMain)));
        return [.. pools.Values, .. strays];
    }

    public async ValueTask SetRunningAsync(BackendId id, bool running, ProviderAccess access, CancellationToken ct)
    {
        await RecoverAsync(ct);
        if (!BackendName.TryParse(id.Value, out var name) || _pools.Find(name) is not { } pool)
        {
            throw new ProviderException(ProviderFault.Rejected, $"There is no backend {id} on this machine.");
        }

        await WaitAsync(pool.AskAsync(running ? Wish.Run : Wish.Sleep), id, ct);
    }

    /// <summary>Nobody but us sets up a pool, so there is nothing to put right.</summary>
    public ValueTask ScaleAsync(BackendId id, WorkerScaling workers, ProviderAccess access, CancellationToken ct) => ValueTask.CompletedTask;

    public async ValueTask DeleteAsync(BackendId id, ProviderAccess access, CancellationToken ct)
    {
        await RecoverAsync(ct);
        if (!BackendName.TryParse(id.Value, out var name)) return;
        if (_pools.Find(name) is { } pool)
        {
            await WaitAsync(pool.AskAsync(Wish.Delete), id, ct);
            return;
        }

        if (await _processes.EndAsync(found => found.Backend == id.Value, _options.EndGrace, ct)) return;
        throw new ProviderException(ProviderFault.Unknown, $"Processes of {id} did not end.");
    }

    private async Task WaitAsync(Task done, BackendId id, CancellationToken ct)
    {
        try
        {
            await done.WaitAsync(CallTimeout, _time, ct);
        }
        catch (TimeoutException late)
        {
            throw new ProviderException(ProviderFault.Unknown, $"{id} is still at it after {CallTimeout.TotalSeconds} s and goes on.", late);
        }
    }

    private void OnPoolOver(Pool pool)
    {
        _pools.Remove(pool);
        Changed?.Invoke(pool.Name.Deployment);
    }
}
