using System.Security.Cryptography;
using Rouse.Worker.Lifetime;
using Rouse.Worker.Reports;
using Rouse.Worker.Weights;

namespace Rouse.Worker.ModelFiles;

/// <summary>
/// Checkpoints, LoRAs and embeddings by URL. check → lock → (here already | make room → fetch → check → rename) → note the use. A file under its name is
/// whole and is what was asked for; two workers that want the same one fetch it once.
/// </summary>
internal sealed class ModelLibrary : IDisposable
{
    /// <summary>A wrong check sum may be the network's fault once.</summary>
    private const int Tries = 2;

    private readonly LibrarySettings _settings;
    private readonly DownloadOptions _options;
    private readonly WorkerLog _log;
    private readonly Clock _clock;
    private readonly LibraryFolder _folder;
    private readonly LibraryCleaner _cleaner;
    private readonly Backoff _backoff;
    private readonly Leases _leases = new();
    private readonly HttpClient _http;

    public ModelLibrary(LibrarySettings settings, DownloadOptions options, WorkerLog log, Clock clock)
    {
        (_settings, _options, _log, _clock) = (settings, options, log, clock);
        _folder = new LibraryFolder(settings.Folder);
        _cleaner = new LibraryCleaner(settings, _folder, options, log, clock);
        _backoff = new Backoff(options.FirstWait, options.LongestWait, clock.Jitter);
        _http = new HttpClient(settings.Hosts.CreateHandler()) { Timeout = Timeout.InfiniteTimeSpan, DefaultRequestHeaders = { { "User-Agent", "rouse-worker/0.1" } } };
    }

    /// <param name="wanted">Not checked by anybody yet.</param>
    /// <param name="tell">Gets the bytes that are here and all that are wanted, about twice a second; from any thread.</param>
    /// <param name="ct">Ends the download; what has come is kept for the next one.</param>
    /// <exception cref="ModelFileException">It cannot be brought; says why and what to do.</exception>
    public async Task<InstalledFile> ObtainAsync(WantedFile wanted, Action<long, long?> tell, CancellationToken ct)
    {
        var name = ModelFileName.Parse(wanted.Name, _settings.AllowPickle);
        var address = ModelAddress.Parse(name.Text, wanted.Url, _settings.Hosts);
        var hash = FileHash.Parse(name.Text, wanted.Sha256);
        try
        {
            _folder.Create();
            var place = _folder.Place(wanted.Kind, name);
            using var held = await FileLock.TakeAsync(
                place.Lock, () => _log.Info($"Waiting for another worker that is fetching {name}."), _options.LockPoll, _clock.Time, ct);
            var isHere = await FindAsync(place, name, address, hash, ct);
            if (!isHere) await FetchAsync(place, name, address, hash, tell, ct);
            _leases.Take(place.Lease);
            NoteUse(place);
            return new InstalledFile(wanted.Kind, name.Text, place.Path, WasFetched: !isHere);
        }
        catch (IOException fault) when (DiskFault.IsFullDisk(fault))
        {
            throw ModelFileFaults.DiskFull(name.Text, "The disk became full.");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw ModelFileFaults.NoFolder(name.Text, _folder.Root, fault.Message);
        }
    }

    /// <summary>Removes what has not been used for long. Never fails: it is nobody's job.</summary>
    public async Task CleanUpAsync(CancellationToken ct)
    {
        try
        {
            if (!Directory.Exists(_folder.Root)) return;
            _folder.Create();
            using var held = await FileLock.TakeAsync(_folder.CleanUpLock, static () => { }, _options.LockPoll, _clock.Time, ct);
            await Task.Run(_cleaner.CleanUp, ct);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            _log.Warning($"The model folder {_folder.Root} was not cleaned up: {fault.Message}");
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // The worker ends; the next one cleans up.
        }
    }

    public string FolderOf(ModelFileKind kind) => Path.Combine(_folder.Root, LibraryFolder.Word(kind));

    /// <summary>What the folder holds now, whoever put it there.</summary>
    public LibraryTotals Totals()
    {
        var (checkpoints, loras, embeddings) = (Files(ModelFileKind.Checkpoint), Files(ModelFileKind.Lora), Files(ModelFileKind.Embedding));
        return new LibraryTotals(checkpoints.Count, loras.Count, embeddings.Count, checkpoints.Concat(loras).Concat(embeddings).Sum());

        List<long> Files(ModelFileKind kind) => [.. _folder.Files(kind).Select(static file => file.Length)];
    }

    public void Dispose()
    {
        _leases.Dispose();
        _http.Dispose();
    }

    /// <summary>Whether the very file is here; where another has its name, that is said rather than served or overwritten.</summary>
    private async Task<bool> FindAsync(FilePlace place, ModelFileName name, ModelAddress address, FileHash? hash, CancellationToken ct)
    {
        var file = new FileInfo(place.Path);
        if (!file.Exists) return false;
        if (FileUse.Read(place.Record) is { } use && use.FileSize == file.Length)
        {
            if (hash is null ? use.Source == address.Source : hash.Matches(use.Sha256)) return true;
            throw ModelFileFaults.NameTaken(
                name.Text, hash is null ? $"it came from {use.Url}" : $"it came from {use.Url} and its SHA-256 is {use.Sha256}, not {hash}");
        }

        // Put there by somebody else, or its record was lost. Without a hash only the address can tell whether it is the one.
        if (hash is null) return false;
        var sum = await SumAsync(place.Path, ct);
        if (!hash.Matches(sum)) throw ModelFileFaults.NameTaken(name.Text, $"its SHA-256 is {sum}, not {hash}");
        FileContent.Check(name, place.Path, _settings.AllowPickle);
        Record(place, address, sum, file.Length);
        return true;
    }

    private async Task FetchAsync(FilePlace place, ModelFileName name, ModelAddress address, FileHash? hash, Action<long, long?> tell, CancellationToken ct)
    {
        var started = _clock.Time.GetTimestamp();
        var source = new UrlSource(_http, _settings, name.Text, address, _clock.Time);
        var start = await StartAsync(source, name, address, ct);
        if (start.Size > _settings.MaxFileBytes) throw ModelFileFaults.TooLarge(name.Text, start.Size, _settings.MaxFileBytes);
        FileContent.CheckStart(name, start.Bytes, start.Size, _settings.AllowPickle);

        var (key, isSame) = PartKey.Of(address, hash, start);
        var part = place.Part(key);
        DropOthers(place, keep: isSame ? part : null);
        _log.Info($"Fetching {LibraryFolder.Word(place.Kind)}/{name} from {address}: {ByteText.Of(start.Size)}.");
        for (var tries = 1; ; tries++)
        {
            var sum = await DownloadAsync(source, start, name, address, hash, part, tell, ct);
            if (hash is null || hash.Matches(sum))
            {
                await InstallAsync(place, name, address, part, sum, start.Size, ct);
                _log.Info($"{name} is here after {_clock.Time.GetElapsedTime(started).TotalSeconds:0.0} s.");
                return;
            }

            PartialFile.Delete(part);
            if (tries == Tries) throw ModelFileFaults.WrongSum(name.Text, hash.Digits, sum);
            _log.Warning($"{name} came with a wrong check sum: it is thrown away and fetched again.");
        }
    }

    private async Task<RemoteStart> StartAsync(UrlSource source, ModelFileName name, ModelAddress address, CancellationToken ct)
    {
        for (var failures = 1; ; failures++)
        {
            using var idle = CancellationTokenSource.CreateLinkedTokenSource(ct);
            idle.CancelAfter(_options.IdleTimeout);
            PassingFault fault;
            try
            {
                return await source.StartAsync(idle.Token);
            }
            catch (PassingFault passing)
            {
                fault = passing;
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested)
            {
                fault = new PassingFault("it does not answer");
            }

            if (failures >= _options.MaxFailures) throw fault.Final ?? ModelFileFaults.Unavailable(name.Text, address.Url, fault.Message);
            await Task.Delay(fault.WaitAtLeast(_backoff.After(failures), _options.LongestAsked), _clock.Time, ct);
        }
    }

    /// <returns>The SHA-256 of what has come, which is all of it.</returns>
    private async Task<string> DownloadAsync(
        UrlSource source, RemoteStart start, ModelFileName name, ModelAddress address, FileHash? hash, string path, Action<long, long?> tell, CancellationToken ct)
    {
        using var part = await ReserveAsync(name, path, start.Size, ct);
        var progress = new DownloadProgress(start.Size, (done, total) => tell(done, total), _clock.Time);
        progress.Add(part.Done);
        var remote = new RemoteFile(
            start.Size,
            IsGitBlob: false,
            (from, to, stop) => source.OpenAsync(from, to, checkVersion: hash is null, stop),
            fault => fault.Final ?? ModelFileFaults.Unavailable(name.Text, address.Url, fault.Message));
        using var slots = new SemaphoreSlim(_options.Connections);
        // A server without ranges sends all from the beginning: one connection, one piece.
        var bounds = start.HasRanges ? _options : _options with { Connections = 1, MinPiece = start.Size, MaxPiece = start.Size };
        return await new FileDownload(remote, part, slots, bounds, progress, _clock).RunAsync(ct);
    }

    private async Task<PartialFile> ReserveAsync(ModelFileName name, string path, long size, CancellationToken ct)
    {
        using var held = await FileLock.TakeAsync(_folder.CleanUpLock, static () => { }, _options.LockPoll, _clock.Time, ct);
        // A file begun before has its space already.
        if (!PartialFile.Exists(path)) _cleaner.MakeRoom(name.Text, size);
        return PartialFile.Open(path, size);
    }

    private async Task InstallAsync(FilePlace place, ModelFileName name, ModelAddress address, string part, string sum, long size, CancellationToken ct)
    {
        // Where a volume's locks do not reach other machines, another worker may have fetched, and installed, the very same.
        if (!PartialFile.Exists(part) && FileUse.Read(place.Record)?.Sha256 == sum && new FileInfo(place.Path) is { Exists: true } other && other.Length == size) return;
        try
        {
            FileContent.Check(name, part + PartialFile.Suffix, _settings.AllowPickle);
        }
        catch (ModelFileException)
        {
            PartialFile.Delete(part);
            throw;
        }

        if (File.Exists(place.Path) && await SumAsync(place.Path, ct) is var there && there != sum)
        {
            PartialFile.Delete(part);
            throw ModelFileFaults.NameTaken(name.Text, $"nobody knows where it came from, and its SHA-256 is {there}, not {sum}");
        }

        // The record first: a file without one counts as somebody else's.
        Record(place, address, sum, size);
        PartialFile.Finish(part, place.Path);
    }

    private void Record(FilePlace place, ModelAddress address, string sum, long size)
    {
        var now = _clock.Time.GetUtcNow();
        new FileUse
        {
            Url = address.Shown,
            Source = address.Source,
            Path = $"{LibraryFolder.Word(place.Kind)}/{place.Name}",
            Sha256 = sum,
            DownloadedAt = now,
            LastUsed = now,
            UsageCount = 0,
            FileSize = size,
        }.Write(place.Record);
    }

    private void NoteUse(FilePlace place)
    {
        if (FileUse.Read(place.Record) is { } use) (use with { LastUsed = _clock.Time.GetUtcNow(), UsageCount = use.UsageCount + 1 }).Write(place.Record);
    }

    /// <summary>Unfinished downloads of what once was to have this name: they would never be taken up again.</summary>
    private void DropOthers(FilePlace place, string? keep)
    {
        foreach (var (_, file) in _folder.Unfinished().Where(other => other.Place == place))
        {
            if (keep is null || !file.FullName.StartsWith(keep + ".", StringComparison.Ordinal)) file.Delete();
        }
    }

    private static async Task<string> SumAsync(string path, CancellationToken ct)
    {
        await using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(file, ct));
    }
}

/// <param name="Bytes">Of all of them.</param>
internal sealed record LibraryTotals(int Checkpoints, int Loras, int Embeddings, long Bytes);
