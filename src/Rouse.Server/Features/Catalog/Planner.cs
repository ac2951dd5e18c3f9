using Rouse.Contracts.Catalog;
using Rouse.Core.Deployments;
using Rouse.Core.Hardware;
using Rouse.Core.Models;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;
using Rouse.Providers.Runpod;
using Rouse.Server.Background;
using Rouse.Server.Features.Deployments;
using Rouse.Server.Hub;
using Rouse.Store.Jobs;

namespace Rouse.Server.Features.Catalog;

/// <summary>Asks everything a deployment would ask before it creates something, and ends there.</summary>
internal sealed class Planner(ReconcilePorts ports, ModelLook models, OfferBook book, KeyChecks accounts, DeploymentReader starts, JobFigures jobs)
{
    public async Task<PlanReply> PlanAsync(TenantId tenant, DeploymentSpec spec, Secret? hubToken, Secret? providerKey, CancellationToken ct)
    {
        var provider = ports.Providers[spec.Provider];
        var offering = book.LookAsync(provider, spec.Region, AccessAsync, ct);
        var counting = BalanceAsync();
        var look = await models.LookAsync(spec, chosen: null, hubToken, ct);
        var times = await jobs.TimesAsync(spec.Model, ct);
        var start = await starts.EstimateAsync(spec, ct);
        var offered = await offering;
        var (ranked, why, retryable) = Rank(spec, provider.Traits, look, offered);
        return new PlanReply
        {
            ModelId = DeploymentViews.ModelId(spec),
            Commit = look.Inspection.Commit ?? look.Facts?.Commit,
            Provider = spec.Provider,
            Task = spec.Service is null ? spec.Task.Word() : null,
            Engine = spec.Service is null ? (look.Inspection.Engine ?? spec.Engine)?.Word() : null,
            GpuTier = spec.GpuTier,
            Region = spec.Region,
            Fits = why is null,
            ErrorCode = why?.Code,
            Error = why?.Message,
            Retryable = why is null ? null : retryable,
            Need = look is { Estimate: { } estimate, Facts: { } facts }
                ? new ModelNeed(estimate.Gb, estimate.Basis, facts.WeightBytes, facts.TotalBytes, facts.Parameters.Count > 0 ? facts.Parameters : null)
                : null,
            Offers = [.. ranked.Select(offer => Priced(offer, times))],
            ColdStart = new ColdStart(start.Seconds, DeploymentViews.Word(start.Basis), await starts.MeasuredAsync(spec, ct)),
            Balance = await counting is { } balance ? new AccountBalance(Math.Round(balance.Left, 2), Math.Round(balance.SpendPerHour, 4)) : null,
        };

        async Task<RunpodBalance?> BalanceAsync()
        {
            try
            {
                return await accounts.BalanceAsync(spec.Provider, (await AccessAsync()).Key, ct);
            }
            catch (ProviderException)
            {
                // The offers say that there is no key.
                return null;
            }
        }

        async ValueTask<ProviderAccess> AccessAsync() =>
            providerKey is null ? await ports.Access(new ProviderAccount(tenant, spec.Provider, spec.Account), ct) : new ProviderAccess(tenant, providerKey, spec.Account);
    }

    private static (IReadOnlyList<Offer> Ranked, FailureCause? Why, bool Retryable) Rank(DeploymentSpec spec, ProviderTraits traits, ModelLookup look, OfferLook offered)
    {
        if (look.Inspection.Fault is { } fault) return ([], fault, look.Inspection.Retryable);
        if (offered.Fault is { } unseen)
        {
            var isLasting = unseen.Fault is ProviderFault.Unauthorized or ProviderFault.Rejected;
            return ([], new FailureCause(unseen.Code ?? ReconcilePass.Code(unseen.Fault), unseen.Message), !isLasting);
        }

        var need = new HardwareNeed(look.Inspection.VramGb, spec.GpuTier, spec.Region, spec.AllowGpuFallback);
        var ranked = traits.SellsGpus ? OfferRanking.Rank(offered.Offers, need) : OfferRanking.InGivenOrder(offered.Offers);
        return (ranked.Offers, ranked.WhyNone, !ranked.Final);
    }

    private static PlannedOffer Priced(Offer offer, IReadOnlyList<JobTime> times)
    {
        var here = times.Where(time => time.Offer.Provider == offer.Provider && time.Offer.Hardware == offer.Hardware);
        var picture = PictureTime.From([.. here.Select(time => time.Took.TotalSeconds)]);
        return new PlannedOffer
        {
            Provider = offer.Provider,
            Hardware = offer.Hardware,
            Pool = offer.Pool,
            Gpus = offer.Gpus,
            VramGb = offer.VramGb,
            PricePerHourUsd = OfferBook.Hourly(offer),
            Stock = OfferBook.Word(offer.Stock),
            Region = offer.Region,
            PricePer1000ImagesUsd = Math.Round(picture.PricePer1000(offer.PricePerSecond), 4),
            SecondsPerImage = Math.Round(picture.Seconds, 3),
            ImagesBasis = picture.Jobs > 0 ? "measured" : "prior",
            MeasuredJobs = picture.Jobs,
        };
    }
}
