using Rouse.Core.Deployments;
using Rouse.Core.Models;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;
using Rouse.TestKit.Time;

namespace Rouse.TestKit.Provider;

/// <summary>
/// What the reconciler relies on in every provider. A provider's tests run each of <see cref="Promises"/> against a provider of its own, on an
/// account where nothing of these tenants lives.
/// </summary>
/// <param name="environment">For the workers, where the provider starts real ones.</param>
/// <param name="service">What is created; null for a model.</param>
public sealed class ProviderConformance(IProvider provider, Secret? key = null, IReadOnlyDictionary<string, EnvironmentValue>? environment = null, HttpService? service = null)
{
    private static readonly Dictionary<string, Func<ProviderConformance, Task>> s_promises = new(StringComparer.Ordinal)
    {
        ["a created backend is listed under the name and id it was given"] = kit => kit.CreatedIsListedAsync(),
        ["a deleted backend disappears"] = kit => kit.DeletedDisappearsAsync(),
        ["deleting what is absent succeeds"] = kit => kit.DeletingTwiceSucceedsAsync(),
        ["a list shows one tenant of one installation"] = kit => kit.ListIsOneOwnersAsync(),
        ["two attempts of one deployment are two backends"] = kit => kit.AttemptsAreApartAsync(),
        ["offers are of the provider's kind"] = kit => kit.OffersAreItsOwnAsync(),
    };

    private readonly ProviderAccess _access = new(TenantId.Parse("conformance"), key);
    private readonly DeploymentId _deployment = DeploymentId.FromRandom([.. Enumerable.Repeat((byte)1, Core.Ids.RandomBytes)]);

    public static IEnumerable<string> Promises => s_promises.Keys;

    private OwnerPrefix Owner => OwnerPrefix.For("rouse", _access.Tenant);

    /// <summary>Checks one promise and removes what it made.</summary>
    /// <exception cref="PromiseBrokenException">It was not kept.</exception>
    public async Task CheckAsync(string promise)
    {
        await s_promises[promise](this);
        foreach (var left in await ListAsync(Owner)) await provider.DeleteAsync(left.Id, _access, CancellationToken.None);
    }

    private async Task CreatedIsListedAsync()
    {
        var id = await CreateAsync(1);
        await SeeAsync(list => list.Count == 1 && list[0].Id == id && list[0].Name == Name(1), "the created backend, and only it, is listed");
    }

    private async Task DeletedDisappearsAsync()
    {
        var id = await CreateAsync(1);
        await SeeAsync(list => list.Count == 1, "the created backend is listed");
        await provider.DeleteAsync(id, _access, CancellationToken.None);
        await SeeAsync(list => list.Count == 0, "the deleted backend is not listed");
    }

    private async Task DeletingTwiceSucceedsAsync()
    {
        var id = await CreateAsync(1);
        await provider.DeleteAsync(id, _access, CancellationToken.None);
        await provider.DeleteAsync(id, _access, CancellationToken.None);
        await SeeAsync(list => list.Count == 0, "the deleted backend is not listed");
    }

    private async Task ListIsOneOwnersAsync()
    {
        await CreateAsync(1);
        await SeeAsync(list => list.Count == 1, "the created backend is listed");
        Require((await ListAsync(OwnerPrefix.For("rouse", TenantId.Parse("stranger")))).Count == 0, "another tenant's list does not show it");
        Require((await ListAsync(OwnerPrefix.For("other", _access.Tenant))).Count == 0, "another installation's list does not show it");
    }

    private async Task AttemptsAreApartAsync()
    {
        var first = await CreateAsync(1);
        var second = await CreateAsync(2);
        Require(first != second, "two attempts have two ids");
        await provider.DeleteAsync(first, _access, CancellationToken.None);
        await SeeAsync(list => list.Count == 1 && list[0].Id == second && list[0].Name == Name(2), "deleting the first leaves the second");
    }

    private async Task OffersAreItsOwnAsync()
    {
        var offers = await provider.ListOffersAsync(region: null, _access, CancellationToken.None);
        Require(offers.Count > 0, "there is an offer");
        Require(offers.All(offer => offer.Provider == provider.Traits.Kind && offer.PricePerSecond >= 0), "each names the provider and a price");
    }

    private BackendName Name(int attempt) => new(Owner, _deployment, attempt);

    private async Task<BackendId> CreateAsync(int attempt)
    {
        var name = Name(attempt);
        Require(name.ToString().Length <= provider.Traits.MaxNameLength, "names fit the provider");
        var spec = new DeploymentSpec { Model = service is null ? ModelRef.Parse("hf:org/name") : ModelRef.Of(service), Provider = provider.Traits.Kind, Service = service };
        var offers = await provider.ListOffersAsync(region: null, _access, CancellationToken.None);
        var variables = environment ?? new Dictionary<string, EnvironmentValue>(StringComparer.Ordinal);
        return await provider.CreateAsync(new BackendRequest(name, _access.Tenant, spec, offers[0], variables), _access, CancellationToken.None);
    }

    private ValueTask<IReadOnlyList<ObservedBackend>> ListAsync(OwnerPrefix owner) => provider.ListOwnedAsync(owner, _access, CancellationToken.None);

    /// <summary>The list lags, so it is asked until it is as promised.</summary>
    private Task SeeAsync(Func<IReadOnlyList<ObservedBackend>, bool> expected, string what) =>
        Eventually.TrueAsync(async () => expected(await ListAsync(Owner)), what);

    private static void Require(bool kept, string what)
    {
        if (!kept) throw new PromiseBrokenException("Not so: " + what + ".");
    }
}

public sealed class PromiseBrokenException(string message) : Exception(message);
