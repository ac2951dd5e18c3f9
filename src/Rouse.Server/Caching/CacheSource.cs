using System.Text.Json;
using Rouse.Core.Models;
using Rouse.Core.Tenancy;
using Rouse.Server.Hub;
using Rouse.Store.Caching;

namespace Rouse.Server.Caching;

/// <param name="Etag">SHA-256 of a large file, git's blob id of a small one.</param>
internal sealed record SourceFile(string Path, long Size, string Etag);

/// <summary>What a fill could not do, in words that may be shown.</summary>
/// <param name="passing">Another try may end otherwise.</param>
internal sealed class CacheFault(string message, bool passing) : Exception(message)
{
    public bool IsPassing { get; } = passing;
}

/// <summary>The hub as a fill sees it: which files of a commit are to be kept, and their bytes.</summary>
/// <param name="hub">With the patience of something that nobody waits for.</param>
/// <param name="policies">Of all kinds of workers that this server starts: a copy serves each of them.</param>
internal sealed class CacheSource(HubCatalog catalog, HubHttp hub, HubOptions bounds, CacheLimits limits, IReadOnlyList<FormatPolicy> policies)
{
    /// <summary>What engines read beside the weights. Nothing that is code.</summary>
    private static readonly string[] s_companions = [".json", ".txt", ".model", ".pb", ".yaml", ".tiktoken", ".jinja"];

    public async Task<IReadOnlyList<SourceFile>> ListAsync(CacheWish wish, Secret? token, CancellationToken ct)
    {
        HashSet<string> weights = new(StringComparer.Ordinal);
        foreach (var policy in policies.Distinct())
        {
            var look = await catalog.InspectAsync(ModelRef.Parse($"hf:{wish.Model}@{wish.Commit}"), token, policy, ct);
            if (!look.TryGet(out var facts, out var fault)) throw new CacheFault(fault.Cause.Message, fault.IsRetryable);
            if (wish.Tenant is null && facts.IsGated) throw new CacheFault($"{wish.Model} is gated, so it never enters the shared cache.", passing: false);
            weights.UnionWith(policy.Fetched(facts).Select(file => file.Path));
        }

        var answer = await hub.GetAsync($"/api/models/{wish.Model}/revision/{wish.Commit}?blobs=true", token, range: null, bounds.MaxListingBytes, ct);
        if (!answer.IsGood) throw new CacheFault($"The hub does not list {wish.Model} ({answer.Words}).", answer.IsPassing);
        var listed = Read(answer.Body);
        if (listed.Sha != wish.Commit) throw new CacheFault($"The hub lists another commit of {wish.Model} than was asked for.", passing: true);
        List<SourceFile> files = [.. (listed.Siblings ?? []).Select(File).Where(file => weights.Contains(file.Path) || IsCompanion(file))];
        if (weights.Count == 0 || weights.Any(path => files.TrueForAll(file => file.Path != path)))
        {
            throw new CacheFault($"{wish.Model} has no weights that this server's workers load.", passing: false);
        }

        if (files.Find(file => file.Size > limits.MaxFileBytes) is { } large) throw new CacheFault($"{large.Path} of {wish.Model} is too large for the cache.", passing: false);
        if (files.DistinctBy(static file => file.Path).Count() != files.Count) throw new CacheFault($"The hub lists a file of {wish.Model} twice.", passing: false);
        return files;
    }

    /// <summary>Fills the buffer with the bytes from <paramref name="from"/> on.</summary>
    public async Task ReadAsync(CacheWish wish, SourceFile file, Secret? token, long from, Memory<byte> into, CancellationToken ct)
    {
        var path = $"/{wish.Model}/resolve/{wish.Commit}/{string.Join('/', file.Path.Split('/').Select(Uri.EscapeDataString))}";
        var answer = await hub.FillAsync(path, token, from, into, ct);
        if (!answer.IsGood) throw new CacheFault($"The hub does not serve {file.Path} of {wish.Model} ({answer.Words}).", answer.IsPassing);
    }

    private bool IsCompanion(SourceFile file) =>
        file.Size <= limits.MaxCompanionBytes && !file.Path[(file.Path.LastIndexOf('/') + 1)..].StartsWith('.')
        && new ModelFile(file.Path, file.Size).Format is null && Array.Exists(s_companions, ending => file.Path.EndsWith(ending, StringComparison.OrdinalIgnoreCase));

    private static HubInfo Read(byte[] json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, HubJson.Default.HubInfo) ?? new HubInfo();
        }
        catch (JsonException)
        {
            throw new CacheFault("The hub's listing cannot be read.", passing: true);
        }
    }

    private static SourceFile File(HubSibling sibling)
    {
        var (name, etag, size) = (sibling.Name ?? "", sibling.Lfs?.Sha256 ?? sibling.BlobId ?? "", sibling.Lfs?.Size ?? sibling.Size ?? -1);
        var isKnown = etag.Length is 40 or 64 && !etag.AsSpan().ContainsAnyExcept("0123456789abcdef") && size >= 0;
        return isKnown && IsInside(name) ? new SourceFile(name, size, etag) : throw new CacheFault("The hub's listing has a file without size, hash or proper name.", passing: false);
    }

    // Names become keys of the store and paths on workers' disks.
    private static bool IsInside(string name) =>
        name.Length is > 0 and <= 600 && !name.Any(static c => char.IsControl(c) || c is '\\' or ':') && Array.TrueForAll(name.Split('/'), static part => part is not ("" or "." or ".."));
}
