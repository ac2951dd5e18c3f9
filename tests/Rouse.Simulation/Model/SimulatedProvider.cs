using Rouse.Core.Deployments;
using Rouse.Core.Ports;

namespace Rouse.Simulation.Model;

/// <summary>The provider as one replica sees it: each call is an operation that the schedule may disturb.</summary>
internal sealed class SimulatedProvider(World world, Replica replica, Scenario scenario) : IProvider
{
    private static readonly IReadOnlyList<Offer> s_offers = [new("sim", "small", 24, 1m), new("sim", "large", 48, 2m)];

    public ProviderTraits Traits => scenario.Traits;

    public ValueTask<IReadOnlyList<Offer>> ListOffersAsync(string? region, ProviderAccess access, CancellationToken ct) =>
        world.Operate(replica, Operation.ProviderRead, "list offers", () => s_offers);

    public async ValueTask<BackendId> CreateAsync(BackendRequest request, ProviderAccess access, CancellationToken ct)
    {
        try
        {
            return await Create(request);
        }
        catch (OperationCanceledException) when (scenario.Flaw == Flaw.RetriesInPlace)
        {
            return await Create(request);
        }
    }

    public ValueTask<IReadOnlyList<ObservedBackend>> ListOwnedAsync(OwnerPrefix prefix, ProviderAccess access, CancellationToken ct) =>
        world.Operate(
            replica,
            Operation.List,
            "list",
            () =>
            {
                replica.Listed = true;
                return world.Account.List(prefix);
            });

    public async ValueTask SetRunningAsync(BackendId id, bool running, ProviderAccess access, CancellationToken ct) =>
        await world.Operate(
            replica,
            running && scenario.Traits.CanStop ? Operation.Wake : Operation.ProviderWrite,
            running ? "wake" : "sleep",
            () => running ? world.Account.Wake(id) : world.Account.Sleep(id));

    public ValueTask ScaleAsync(BackendId id, WorkerScaling workers, ProviderAccess access, CancellationToken ct) => throw new NotSupportedException();

    public async ValueTask DeleteAsync(BackendId id, ProviderAccess access, CancellationToken ct) =>
        await world.Operate(replica, Operation.ProviderWrite, "delete", () => world.Account.Delete(id));

    private ValueTask<BackendId> Create(BackendRequest request)
    {
        var starved = scenario.StarvesFirstOffer && request.Offer.Hardware == s_offers[0].Hardware;
        return world.Operate(replica, Operation.Create, "create", () => world.Account.Create(request.Name, scenario.Traits.HasOwnQueue, starved));
    }
}
