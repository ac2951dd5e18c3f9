using Rouse.Contracts.Catalog;
using Rouse.Core.Deployments;
using Rouse.Core.Ports;
using Rouse.Server.Auth;
using Rouse.Server.Background;
using Rouse.Server.Secrets;

namespace Rouse.Server.Features.Catalog;

/// <summary>What providers sell now, asked with a key that the caller may use.</summary>
internal sealed class OfferBook(ReconcilePorts ports, ProviderKeys keys, Orphans accounts, TimeProvider time)
{
    private const decimal SecondsPerHour = 3600;

    /// <summary>Of every provider that sells GPUs, all at once. One that fails does not take the others' offers with it.</summary>
    public async ValueTask<IReadOnlyList<OfferLook>> LookAsync(Caller caller, string? region, CancellationToken ct)
    {
        var tenant = caller.Tenant;
        var own = await accounts.AccountsAsync(tenant, ct);
        var sellers = ports.Providers.Values.Where(provider => provider.Traits.SellsGpus && (region is null || provider.Traits.KnowsRegion(region)));
        return await Task.WhenAll(sellers.OrderBy(provider => provider.Traits.Kind, StringComparer.Ordinal).Select(async provider =>
        {
            var kind = provider.Traits.Kind;
            if (caller.RunpodKey is { } brought) return await LookAsync(provider, region, () => ValueTask.FromResult(new ProviderAccess(tenant, brought, caller.Account)), ct);
            var account = keys.HasRunpodKey ? new ProviderAccount(tenant, kind) : own.FirstOrDefault(known => known.Provider == kind && known.Account is not null);
            return account is null ? new OfferLook(kind, [], null, HasAccount: false) : await LookAsync(provider, region, () => ports.Access(account, ct), ct);
        }));
    }

    public async Task<OfferLook> LookAsync(IProvider provider, string? region, Func<ValueTask<ProviderAccess>> access, CancellationToken ct)
    {
        var kind = provider.Traits.Kind;
        try
        {
            var opened = await access();
            var offers = await BoundedCall.RunAsync(token => provider.ListOffersAsync(region, opened, token), provider.Traits.CallTimeout, time, ct);
            return new OfferLook(kind, offers, null);
        }
        catch (ProviderException fault)
        {
            return new OfferLook(kind, [], fault);
        }
    }

    public static GpuOffer View(Offer offer) => new()
    {
        Provider = offer.Provider,
        Hardware = offer.Hardware,
        Pool = offer.Pool,
        Gpus = offer.Gpus,
        VramGb = offer.VramGb,
        PricePerHourUsd = Hourly(offer),
        Stock = Word(offer.Stock),
        Region = offer.Region,
    };

    /// <summary>To a hundredth of a cent: prices are made per second, and divided ones do not come back whole.</summary>
    public static decimal Hourly(Offer offer) => Math.Round(offer.PricePerSecond * SecondsPerHour, 4);

    public static string Word(Stock stock) => stock switch
    {
        Stock.None => "none",
        Stock.Low => "low",
        Stock.Medium => "medium",
        _ => "high",
    };
}

/// <param name="Fault">Why there are no offers.</param>
/// <param name="HasAccount">False: neither the server nor the caller has a key to ask with.</param>
internal sealed record OfferLook(string Provider, IReadOnlyList<Offer> Offers, ProviderException? Fault, bool HasAccount = true);
