using Rouse.Core.Deployments;
using Rouse.Core.Ports;

namespace Rouse.Server.Metrics;

/// <summary>A provider whose faults and attempts are counted; it changes nothing else.</summary>
internal sealed class CountedProvider(IProvider inner, ProviderFigures figures) : IProvider
{
    public ProviderTraits Traits => inner.Traits;

    public ValueTask<IReadOnlyList<Offer>> ListOffersAsync(string? region, ProviderAccess access, CancellationToken ct) =>
        figures.CountAsync(Traits.Kind, () => inner.ListOffersAsync(region, access, ct));

    public async ValueTask<BackendId> CreateAsync(BackendRequest request, ProviderAccess access, CancellationToken ct)
    {
        try
        {
            var id = await inner.CreateAsync(request, access, ct);
            figures.CountAttempt(Traits.Kind, fault: null);
            return id;
        }
        catch (ProviderException fault)
        {
            figures.CountAttempt(Traits.Kind, fault.Fault);
            figures.CountFault(Traits.Kind, fault.Fault);
            throw;
        }
        catch (OperationCanceledException)
        {
            figures.CountAttempt(Traits.Kind, ProviderFault.Unknown);
            throw;
        }
    }

    public ValueTask<IReadOnlyList<ObservedBackend>> ListOwnedAsync(OwnerPrefix prefix, ProviderAccess access, CancellationToken ct) =>
        figures.CountAsync(Traits.Kind, () => inner.ListOwnedAsync(prefix, access, ct));

    public async ValueTask SetRunningAsync(BackendId id, bool running, ProviderAccess access, CancellationToken ct) =>
        await figures.CountAsync(Traits.Kind, () => inner.SetRunningAsync(id, running, access, ct));

    public async ValueTask ScaleAsync(BackendId id, WorkerScaling workers, ProviderAccess access, CancellationToken ct) =>
        await figures.CountAsync(Traits.Kind, () => inner.ScaleAsync(id, workers, access, ct));

    public async ValueTask DeleteAsync(BackendId id, ProviderAccess access, CancellationToken ct) => await figures.CountAsync(Traits.Kind, () => inner.DeleteAsync(id, access, ct));
}
