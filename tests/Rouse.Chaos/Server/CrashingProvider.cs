using Rouse.Core.Deployments;
using Rouse.Core.Ports;

namespace Rouse.Chaos.Server;

/// <summary>The real provider, with a crash point around each of its verbs.</summary>
internal sealed class CrashingProvider(IProvider provider, CrashPoint crash) : IProvider
{
    public ProviderTraits Traits => provider.Traits;

    public ValueTask<IReadOnlyList<Offer>> ListOffersAsync(string? region, ProviderAccess access, CancellationToken ct) =>
        crash.AroundAsync("provider.offers", () => provider.ListOffersAsync(region, access, ct));

    public ValueTask<BackendId> CreateAsync(BackendRequest request, ProviderAccess access, CancellationToken ct) =>
        crash.AroundAsync("provider.create", () => provider.CreateAsync(request, access, ct));

    public ValueTask<IReadOnlyList<ObservedBackend>> ListOwnedAsync(OwnerPrefix prefix, ProviderAccess access, CancellationToken ct) =>
        crash.AroundAsync("provider.list", () => provider.ListOwnedAsync(prefix, access, ct));

    public ValueTask SetRunningAsync(BackendId id, bool running, ProviderAccess access, CancellationToken ct) =>
        crash.AroundAsync("provider.wake", () => provider.SetRunningAsync(id, running, access, ct));

    public ValueTask ScaleAsync(BackendId id, WorkerScaling workers, ProviderAccess access, CancellationToken ct) =>
        crash.AroundAsync("provider.scale", () => provider.ScaleAsync(id, workers, access, ct));

    public ValueTask RenewAsync(BackendId id, string image, ProviderAccess access, CancellationToken ct) =>
        crash.AroundAsync("provider.renew", () => provider.RenewAsync(id, image, access, ct));

    public ValueTask DeleteAsync(BackendId id, ProviderAccess access, CancellationToken ct) =>
        crash.AroundAsync("provider.delete", () => provider.DeleteAsync(id, access, ct));
}
