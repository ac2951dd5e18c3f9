using Rouse.Contracts.Workers;
using Rouse.Worker.Lifetime;
using Rouse.Worker.Reports;

namespace Rouse.Worker.Weights;

/// <summary>
/// Gives a folder with a hub model: the host's cache → the volume → a copy in an object store → the hub. Of what is fetched: list and pin → select → look
/// at the disk → fetch what is missing → publish. Several workers may do so at once: each file is fetched by one of them while the others wait.
/// </summary>
/// <param name="objects">Knows a copy in an object store; null where there is none.</param>
internal sealed class WeightsStore(HubClient hub, DownloadOptions options, WorkerLog log, Clock clock, ObjectCache? objects = null)
{
    /// <summary>A copy that does not serve is given up soon: there is the hub.</summary>
    private readonly DownloadOptions _copyOptions = options with { MaxFailures = Math.Min(options.MaxFailures, 3) };

    /// <summary>For the hub's word on what the host has: without it there is another way to tell.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private readonly HostCache _host = new(hub.Settings.HostCache);
    private readonly Backoff _backoff = new(options.FirstWait, options.LongestWait, clock.Jitter);

    /// <summary>What the start had of the object store; null where none was asked.</summary>
    public WorkerCacheUse? CacheUse => objects?.Use;

    /// <summary>Where the files of the last <see cref="ObtainAsync"/> came from; null before it.</summary>
    public WeightsOrigin? Origin { get; private set; }

    /// <param name="tell">Gets the bytes that are here and all that are wanted, about twice a second.</param>
    /// <exception cref="WeightsException">It cannot be brought; says why and what to do.</exception>
    public async Task<string> ObtainAsync(HubModel model, FileSelection wanted, Action<long, long> tell, CancellationToken ct)
    {
        try
        {
            var started = clock.Time.GetTimestamp();
            var folder = await FindHostCopyAsync(model, wanted, ct) ?? await BringAsync(model, wanted, tell, ct);
            log.Info($"The weights of {model} are here after {clock.Time.GetElapsedTime(started).TotalSeconds:0.0} s: {Origin}.");
            return folder;
        }
        catch (IOException fault) when (DiskFault.IsFullDisk(fault))
        {
            throw DiskFull("The disk became full during the download.");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new WeightsException(
                FaultCodes.ModelUnusable,
                $"The weights cache at {hub.Settings.CacheRoot} cannot be used: {fault.Message} Set ROUSE_MODEL_CACHE to a folder it may write.");
        }
    }

    private async Task<string> BringAsync(HubModel model, FileSelection wanted, Action<long, long> tell, CancellationToken ct)
    {
        var cache = new RepositoryCache(hub.Settings.CacheRoot, model.Id);
        Origin = WeightsOrigin.Here;
        if (model.IsPinned && cache.FindWhole(model, wanted) is { } whole) return whole;
        if (await TryCopyAsync(model, wanted, cache, tell, ct) is { } copied) return copied;
        var (listing, earlier) = await ListOrFallBackAsync(model, wanted, cache, ct);
        if (listing is null) return earlier!;
        var files = wanted.Select(listing);
        CheckDisk(cache, files);
        Origin = WeightsOrigin.Of(WeightsOrigins.Hub, cache, files);
        await FetchAllAsync(hub, options, cache, listing, files, tell, ct);
        return cache.Publish(listing, files, wanted);
    }

    /// <returns>Null when the host has no whole copy of what the revision means.</returns>
    private async Task<string?> FindHostCopyAsync(HubModel model, FileSelection wanted, CancellationToken ct)
    {
        if (!_host.Has(model)) return null;
        try
        {
            // The hub tells what the revision means now and how long each file is. Where it cannot be asked, what lies there must speak for itself.
            var listing = await ListOnceAsync(model, ct);
            var found = listing is null ? _host.FindAlone(model, wanted) : _host.Find(listing, wanted);
            if (found is not null) Origin = new WeightsOrigin(WeightsOrigins.HostCache, 0);
            else log.Info($"The host's cache has {model}, but not {(listing is null ? "whole" : $"commit {listing.Commit} whole")}: it is not used.");
            return found;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            log.Warning($"The host's cache is not used: {fault.Message}");
            return null;
        }
    }

    /// <returns>Null when the hub does not answer soon, or refuses.</returns>
    private async Task<HubListing?> ListOnceAsync(HubModel model, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(s_patience);
        try
        {
            return await hub.ListAsync(model, limit.Token);
        }
        catch (Exception fault) when (fault is PassingFault or WeightsException || (fault is OperationCanceledException && !ct.IsCancellationRequested))
        {
            return null;
        }
    }

    /// <returns>Null when there is no copy that serves.</returns>
    private async Task<string?> TryCopyAsync(HubModel model, FileSelection wanted, RepositoryCache cache, Action<long, long> tell, CancellationToken ct)
    {
        if (objects is null) return null;
        var reply = await objects.AskAsync(ct);
        if (reply is not { Hit: true, Files: not null })
        {
            objects.Miss(reply?.Reason ?? "the control plane gave no answer");
            return null;
        }

        using var source = new ObjectSource(reply, objects.AskAsync);
        try
        {
            var listing = ListingParser.Parse(model, reply);
            var files = wanted.Select(listing);
            CheckDisk(cache, files);
            var origin = WeightsOrigin.Of(WeightsOrigins.ObjectStore, cache, files);
            await FetchAllAsync(source, _copyOptions, cache, listing, files, tell, ct);
            var folder = cache.Publish(listing, files, wanted);
            objects.Hit(source);
            Origin = origin;
            return folder;
        }
        catch (WeightsException fault) when (fault.Code is not FaultCodes.DiskFull)
        {
            source.IsDamaged |= fault.Code is FaultCodes.ChecksumMismatch;
            objects.Failed(source, fault.Message);
            return null;
        }
    }

    /// <summary>What the hub lists; where it does not answer, the folder in which an earlier start completed what the revision meant then.</summary>
    private async Task<(HubListing? Listing, string? Earlier)> ListOrFallBackAsync(HubModel model, FileSelection wanted, RepositoryCache cache, CancellationToken ct)
    {
        for (var failures = 1; ; failures++)
        {
            using var idle = CancellationTokenSource.CreateLinkedTokenSource(ct);
            idle.CancelAfter(options.IdleTimeout);
            PassingFault fault;
            try
            {
                return (await hub.ListAsync(model, idle.Token), null);
            }
            catch (PassingFault passing)
            {
                fault = passing;
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested)
            {
                fault = new PassingFault("it does not answer");
            }

            if (cache.FindWhole(model, wanted) is { } whole)
            {
                log.Warning($"The hub does not answer ({fault.Message}): using the copy of {model} that an earlier start completed.");
                return (null, whole);
            }

            if (failures >= options.MaxFailures) throw HubFaults.Unavailable(hub.Settings, fault.Message);
            await Task.Delay(fault.WaitAtLeast(_backoff.After(failures), options.LongestAsked), clock.Time, ct);
        }
    }

    private async Task FetchAllAsync(
        IFileSource source, DownloadOptions bounds, RepositoryCache cache, HubListing listing, IReadOnlyList<HubFile> files, Action<long, long> tell, CancellationToken ct)
    {
        var total = files.Sum(static file => file.Size);
        log.Info($"Fetching {listing.Model.Id} at {listing.Commit}: {files.Count} files, {ByteText.Of(total)}.");
        var progress = new DownloadProgress(total, tell, clock.Time);
        using var slots = new SemaphoreSlim(options.Connections);
        await Parallel.ForEachAsync(
            files.OrderByDescending(static file => file.Size),
            new ParallelOptions { MaxDegreeOfParallelism = options.FilesAtOnce, CancellationToken = ct },
            async (file, end) => await FetchAsync(source, bounds, cache, listing, file, slots, progress, end));
    }

    private async Task FetchAsync(
        IFileSource source, DownloadOptions bounds, RepositoryCache cache, HubListing listing, HubFile file, SemaphoreSlim slots, DownloadProgress progress, CancellationToken ct)
    {
        if (!cache.Has(file))
        {
            using var held = await FileLock.TakeAsync(
                cache.LockOf(file), () => log.Info($"Waiting for another worker that is fetching {file.Path}."), options.LockPoll, clock.Time, ct);
            if (!cache.Has(file))
            {
                // A copy is not asked twice: there is the hub.
                if (await TryFetchAsync() || (source == hub && await TryFetchAsync())) return;
                throw new WeightsException(
                    FaultCodes.ChecksumMismatch, $"{file.Path} came with a wrong check sum. Try again later, or check what stands between this "
                    + "machine and the hub.");
            }
        }

        progress.Add(file.Size);

        async Task<bool> TryFetchAsync()
        {
            var blob = cache.BlobOf(file);
            using (var part = PartialFile.Open(blob, file.Size))
            {
                progress.Add(part.Done);
                var address = source.Address(listing, file);
                var remote = new RemoteFile(
                    file.Size, !file.HasSha256, async (start, end, stop) => new RemoteBody(await source.OpenAsync(address, start, end, stop)), fault => source.Unavailable(fault.Message));
                if (await new FileDownload(remote, part, slots, bounds, progress, clock).RunAsync(ct) == (file.Sha256 ?? file.Etag))
                {
                    // Where a volume's locks do not reach other machines, another worker may have put the very same there.
                    if (PartialFile.Exists(blob) || !cache.Has(file)) part.Finish();
                    return true;
                }
            }

            log.Warning($"{file.Path} came with a wrong check sum: it is thrown away.");
            PartialFile.Delete(blob);
            progress.Add(-file.Size);
            return false;
        }
    }

    private void CheckDisk(RepositoryCache cache, IReadOnlyList<HubFile> files)
    {
        // A file begun before has its space already.
        var needed = files.DistinctBy(static file => file.Etag).Where(file => !cache.Has(file) && !PartialFile.Exists(cache.BlobOf(file))).Sum(static file => file.Size);
        if (needed == 0) return;
        var free = new DriveInfo(cache.Root).AvailableFreeSpace;
        if (needed + options.DiskReserve > free) throw DiskFull($"The model needs {ByteText.Of(needed)} more, the disk has {ByteText.Of(free)} free.");
    }

    private WeightsException DiskFull(string what) => new(
        FaultCodes.DiskFull, $"{what} Free space under {hub.Settings.CacheRoot}, give the worker a bigger disk, or set ROUSE_MODEL_CACHE.");
}
