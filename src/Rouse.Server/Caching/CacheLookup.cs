using System.Net;
using Microsoft.Extensions.Logging;
using Rouse.Contracts.Workers;
using Rouse.Core.Deployments;
using Rouse.Core.Models;
using Rouse.Server.Background;
using Rouse.Server.Caching.S3;
using Rouse.Server.Egress;
using Rouse.Server.Hub;
using Rouse.Store.Caching;
using S3Location = Rouse.Core.Caching.S3Location;

namespace Rouse.Server.Caching;

/// <summary>
/// Answers a worker that asks for its model: a whole copy of the very commit, with addresses that allow reading for a short time, or why there is none.
/// A miss asks for a fill; nobody waits for it.
/// </summary>
/// <param name="pinned">Whether workers of this provider run in this server's own network.</param>
/// <param name="newId">Of a new entry.</param>
internal sealed partial class CacheLookup(
    CacheStore entries, CachePlaces places, HubCatalog catalog, EngineOffers offers, EgressPolicy egress, CacheLimits limits, Action wake,
    Func<string, bool> pinned, Func<string> newId, TimeProvider time, ILogger<CacheLookup> logger)
{
    public async ValueTask<WorkerCacheReply> FindAsync(DeploymentState row, CancellationToken ct)
    {
        if (places.Of(row.Tenant, row.Spec) is not { } place) return Miss("this server offers it no cache");
        try
        {
            return await BoundedCall.RunAsync(token => FindAsync(row, place, token), limits.LookupTimeout, time, ct);
        }
        catch (Exception fault) when (fault is S3Fault or CacheFault or Rouse.Core.Ports.ProviderException)
        {
            LogNoAnswer(row.Id, fault.Message);
            return Miss(fault is Rouse.Core.Ports.ProviderException ? "the object store does not answer in time" : fault.Message);
        }
    }

    private async ValueTask<WorkerCacheReply> FindAsync(DeploymentState row, CachePlace place, CancellationToken ct)
    {
        if (await CommitAsync(row, place, ct) is not { } commit) return Miss("the hub does not say which commit is meant, and none is cached");
        var location = place.Of(row.Spec.Model.Id, commit);
        var entry = await entries.FindAsync(place.Owner, location, ct);
        if (entry is { State: CacheState.Complete })
        {
            using var store = await places.OpenAsync(place.Owner, row.Id, location, ct) ?? throw new CacheFault("the keys of the object store are not known any more", passing: false);
            if (await store.ReadAsync(CacheManifest.Name, CacheManifest.MaxBytes, ct) is { } written && CacheManifest.Read(written, entry) is { } manifest)
            {
                return await HitAsync(row, place, store, manifest, ct);
            }

            LogLost(entry.Wish.Model, commit);
            await entries.LoseAsync(place.Owner, entry.Id, ct);
        }

        await entries.WantAsync(newId(), Wish(row, place, location, commit), ct);
        wake();
        return Miss(entry switch
        {
            { State: CacheState.Complete } => "what lies there is not what was put there; it is put there anew",
            { State: CacheState.Removing } => "it is being removed",
            { Failure: { } why } => $"it could not be filled yet: {why}",
            _ => "it is being filled",
        });
    }

    /// <summary>Which commit is meant, asked of the hub; what it meant last where the hub is away.</summary>
    private async ValueTask<string?> CommitAsync(DeploymentState row, CachePlace place, CancellationToken ct)
    {
        var token = await places.HubTokenAsync(place.Owner, row.Id, ct);
        var asked = catalog.InspectAsync(row.Spec.Model, token, FormatPolicy.Of(offers.EngineOf(row) ?? WorkerEngine.Onnx, row.Spec.Task), ct);
        if (await Task.WhenAny(asked, Task.Delay(limits.HubPatience, time, ct)) != asked) return await RememberedAsync(row, place, ct);
        var look = await asked;
        if (look.TryGet(out var facts, out var fault))
        {
            if (place.Owner is null && facts.IsGated) throw new CacheFault($"{row.Spec.Model.Id} is gated, so it never enters the shared cache", passing: false);
            return facts.Commit;
        }

        // The shared cache is filled, and asked, without any token: what needs one is not there.
        if (!fault.IsRetryable) throw new CacheFault("the hub does not show it" + (place.Owner is null ? " to everybody, so it never enters the shared cache" : ""), passing: false);
        return await RememberedAsync(row, place, ct);
    }

    private async ValueTask<string?> RememberedAsync(DeploymentState row, CachePlace place, CancellationToken ct) =>
        (await entries.FindNewestAsync(place.Owner, place.Root, row.Spec.Model.Id, CachePlace.Revision(row.Spec), ct))?.Wish.Commit;

    private async ValueTask<WorkerCacheReply> HitAsync(DeploymentState row, CachePlace place, S3Store store, CacheManifest manifest, CancellationToken ct)
    {
        var until = time.GetUtcNow() + limits.AddressesLive;
        List<WorkerCacheFile> files = [.. manifest.Files.Select(file => new WorkerCacheFile(file.Path, file.Size, file.Etag, file.Sha256, store.Presign(file.Path, until)))];
        return new WorkerCacheReply
        {
            Hit = true,
            Commit = manifest.Revision,
            Files = files,
            ExpiresAt = until,
            Addresses = place.Owner is not null && pinned(row.Spec.Provider) && files.Count > 0 ? await AddressesAsync(new Uri(files[0].Url), ct) : null,
        };
    }

    private async ValueTask<IReadOnlyList<string>> AddressesAsync(Uri url, CancellationToken ct)
    {
        IReadOnlyList<IPAddress> found = await egress.Resolve(url.IdnHost, ct);
        return egress.Allows(url.IdnHost, url.Port, found) ? [.. found.Select(address => address.ToString())] : throw new CacheFault("the object store does not answer", passing: true);
    }

    private static CacheWish Wish(DeploymentState row, CachePlace place, S3Location location, string commit) => new()
    {
        Tenant = place.Owner, Deployment = row.Id, Root = place.Root, Place = location, Model = row.Spec.Model.Id, Revision = CachePlace.Revision(row.Spec), Commit = commit,
        VramGb = row.VramGb ?? 0,
    };

    private static WorkerCacheReply Miss(string reason) => new() { Hit = false, Reason = reason };

    [LoggerMessage(1, LogLevel.Warning, "Deployment {Deployment} loads from the hub: {Why}")]
    private partial void LogNoAnswer(DeploymentId deployment, string why);

    [LoggerMessage(2, LogLevel.Warning, "The cached copy of {Model} at {Commit} is not what was put there; it is filled anew")]
    private partial void LogLost(string model, string commit);
}
