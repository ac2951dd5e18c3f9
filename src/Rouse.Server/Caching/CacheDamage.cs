using Microsoft.Extensions.Logging;
using Rouse.Core.Deployments;
using Rouse.Core.Tenancy;
using Rouse.Store.Caching;
using Rouse.Store.Deployments;

namespace Rouse.Server.Caching;

/// <summary>
/// A worker says that a copy is not what it should be. A tenant's own is forgotten, so that it is put there anew; the operator's is not, or any tenant
/// could have it filled again and again: its operator is told.
/// </summary>
internal sealed partial class CacheDamage(DeploymentStore deployments, CacheStore entries, CachePlaces places, ILogger<CacheDamage> logger)
{
    public async ValueTask DamagedAsync(TenantId tenant, DeploymentId id, CancellationToken ct)
    {
        if (await deployments.LoadAsync(tenant, id, ct) is not { Spec: var spec } || places.Of(tenant, spec) is not { } place) return;
        if (await entries.FindNewestAsync(place.Owner, place.Root, spec.Model.Id, CachePlace.Revision(spec), ct) is not { } entry) return;
        LogDamaged(id, entry.Wish.Model, entry.Wish.Commit);
        if (place.Owner is { } owner) await entries.LoseAsync(owner, entry.Id, ct);
    }

    [LoggerMessage(1, LogLevel.Warning, "A worker of {Deployment} found the cached copy of {Model} at {Commit} damaged")]
    private partial void LogDamaged(DeploymentId deployment, string model, string commit);
}
