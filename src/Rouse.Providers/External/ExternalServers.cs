using Rouse.Core.Deployments;
using Rouse.Core.Ports;

namespace Rouse.Providers.External;

/// <summary>
/// Servers that run already and are nobody's to start or stop: a backend is the word of its deployment, and lives as long as that does. Nothing is
/// created, so nothing can be lost; the list is what the deployments say.
/// </summary>
/// <param name="installation">The first word of every name.</param>
public sealed class ExternalServers(string installation, ClaimReader claims) : IProvider
{
    public const string Kind = "external";

    public ProviderTraits Traits { get; } = new()
    {
        Kind = Kind,
        ServesModels = false,
        AddressOf = static (_, service) => service.Upstream,
        AddressIsCallers = true,
    };

    public ValueTask<IReadOnlyList<Offer>> ListOffersAsync(string? region, ProviderAccess access, CancellationToken ct) =>
        ValueTask.FromResult<IReadOnlyList<Offer>>([new Offer(Kind, Kind, VramGb: 0, PricePerSecond: 0)]);

    public ValueTask<BackendId> CreateAsync(BackendRequest request, ProviderAccess access, CancellationToken ct) => request.Spec.Service?.Upstream is null
        ? throw new ProviderException(ProviderFault.Rejected, "Only a service with an upstream can be external.")
        : ValueTask.FromResult(new BackendId(request.Name.ToString()));

    public async ValueTask<IReadOnlyList<ObservedBackend>> ListOwnedAsync(OwnerPrefix prefix, ProviderAccess access, CancellationToken ct)
    {
        // Another installation's deployments lie in another store, and another tenant's are not asked for.
        if (prefix != OwnerPrefix.For(installation, access.Tenant)) return [];
        return
        [
            .. (await claims(access.Tenant, Kind, ct)).Where(claim => claim.Name.Owner == prefix)
                .Select(claim => new ObservedBackend(new BackendId(claim.Name.ToString()), claim.Name, BackendStatus.Running, ReadyWorkers: 0, Workers: 1)),
        ];
    }

    /// <summary>It runs, or it does not: that is seen by asking it.</summary>
    public ValueTask SetRunningAsync(BackendId id, bool running, ProviderAccess access, CancellationToken ct) => ValueTask.CompletedTask;

    public ValueTask ScaleAsync(BackendId id, WorkerScaling workers, ProviderAccess access, CancellationToken ct) => ValueTask.CompletedTask;

    /// <summary>Its deployment forgets it; nothing else was ever made.</summary>
    public ValueTask DeleteAsync(BackendId id, ProviderAccess access, CancellationToken ct) => ValueTask.CompletedTask;
}
