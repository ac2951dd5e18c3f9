using System.Globalization;
using Rouse.Core.Deployments;
using Rouse.Core.Ports;

namespace Rouse.Core.Hardware;

/// <summary>What can be taken now, best first; when nothing can, why not.</summary>
/// <param name="WhyNone">Set exactly when there is no offer.</param>
/// <param name="Final">Waiting does not help: nothing that is sold can ever meet the need.</param>
public sealed record RankedOffers(IReadOnlyList<Offer> Offers, FailureCause? WhyNone = null, bool Final = false);

/// <summary>Which offers meet a need, the cheapest first. Pure.</summary>
public static class OfferRanking
{
    /// <summary>For a provider that sells no GPUs: what it has, in its own order.</summary>
    public static RankedOffers InGivenOrder(IReadOnlyList<Offer> offers) =>
        offers.Count > 0 ? new RankedOffers(offers) : None(FailureCodes.NoCapacity, "Nothing is offered now.");

    /// <param name="offers">Everything that is sold, in any order.</param>
    public static RankedOffers Rank(IReadOnlyList<Offer> offers, HardwareNeed need)
    {
        var large = offers.Where(offer => offer.VramGb >= need.VramGb).ToList();
        if (large.Count == 0)
        {
            var most = offers.Count == 0 ? 0 : offers.Max(offer => offer.VramGb);
            var message = Invariant($"The model needs {need.VramGb} GB of GPU memory and the largest GPU{Where(need)} has {most} GB. Deploy a smaller or quantized variant.");
            return offers.Count == 0 ? None(FailureCodes.NoCapacity, $"Nothing is offered{Where(need)} now.") : None(FailureCodes.ModelTooLarge, message, final: true);
        }

        var tier = need.GpuTier is { } name ? GpuTiers.Find(name) : null;
        var inTier = tier is null ? large : large.FindAll(offer => offer.Pool is { } pool && tier.Pools.Contains(pool, StringComparer.Ordinal));
        // Leaving the tier changes the price, so it is done only for who asked for it.
        var outside = need.AllowFallback ? large.Except(inTier) : [];
        if (inTier.Count == 0 && !need.AllowFallback) return TierUnmet(offers, need, tier!);
        List<Offer> ranked = [.. InOrder(inTier), .. InOrder(outside)];
        if (ranked.Count > 0) return new RankedOffers(ranked);
        var asked = tier is null ? Invariant($"GPU with at least {need.VramGb} GB") : $"GPU of tier {tier.Name}";
        var next = tier is null || need.AllowFallback ? "" : " With allow_gpu_fallback others would be taken.";
        return None(FailureCodes.NoCapacity, $"No {asked} is in stock{Where(need)} now.{next}");
    }

    private static RankedOffers TierUnmet(IReadOnlyList<Offer> offers, HardwareNeed need, GpuTier tier)
    {
        var sold = offers.Any(offer => offer.Pool is { } pool && tier.Pools.Contains(pool, StringComparer.Ordinal));
        var why = sold
            ? Invariant($"The model needs {need.VramGb} GB of GPU memory, more than tier {tier.Name} has.")
            : $"No GPU of tier {tier.Name} is sold{Where(need)}.";
        return None(FailureCodes.GpuTierUnmet, $"{why} Choose another gpu_tier, leave it out, or set allow_gpu_fallback.", final: true);
    }

    private static IEnumerable<Offer> InOrder(IEnumerable<Offer> offers) => offers
        .Where(offer => offer.Stock != Stock.None)
        .OrderBy(offer => offer.PricePerSecond).ThenByDescending(offer => offer.Stock).ThenBy(offer => offer.VramGb).ThenBy(offer => offer.Key(), StringComparer.Ordinal);

    private static RankedOffers None(string code, string message, bool final = false) => new([], new FailureCause(code, message), final);

    private static string Where(HardwareNeed need) => need.Region is null ? "" : $" in {need.Region}";

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
