namespace Rouse.Core.Hardware;

/// <summary>A tier or GPU alias that a request may name.</summary>
/// <param name="VramGb">The memory it promises at least.</param>
/// <param name="Pools">Runpod's GPU pools that meet it.</param>
public sealed record GpuTier(string Name, int VramGb, IReadOnlyList<string> Pools);

/// <summary>
/// The tiers and GPU aliases that a request may name. Names and pools follow Runpod's GPU pool table (its documentation's "GPU types" page);
/// tiers are the seed's. A GPU's name stands for its pool, and the seed's A10, A16 and A30, which Runpod does not have, for the cheapest pool of
/// their memory.
/// </summary>
public static class GpuTiers
{
    private static readonly Dictionary<string, GpuTier> s_byName = new GpuTier[]
    {
        new("ECONOMY", 16, ["AMPERE_16", "AMPERE_24"]), new("STANDARD", 24, ["AMPERE_24", "ADA_24"]),
        new("PRO", 48, ["AMPERE_48", "ADA_48_PRO"]), new("ULTIMATE", 80, ["AMPERE_80", "ADA_80_PRO"]),
        new("A16", 16, ["AMPERE_16"]), new("A4000", 16, ["AMPERE_16"]), new("A4500", 16, ["AMPERE_16"]),
        new("A10", 24, ["AMPERE_24"]), new("A30", 24, ["AMPERE_24"]), new("A5000", 24, ["AMPERE_24"]), new("L4", 24, ["AMPERE_24"]),
        new("3090", 24, ["AMPERE_24"]), new("4090", 24, ["ADA_24"]), new("5090", 32, ["ADA_32_PRO"]),
        new("A40", 48, ["AMPERE_48"]), new("A6000", 48, ["AMPERE_48"]), new("L40", 48, ["ADA_48_PRO"]), new("L40S", 48, ["ADA_48_PRO"]),
        new("A100", 80, ["AMPERE_80"]), new("H100", 80, ["ADA_80_PRO"]), new("H200", 141, ["HOPPER_141"]), new("B200", 180, ["BLACKWELL_180"]),
        Pool("AMPERE_16", 16), Pool("AMPERE_24", 24), Pool("ADA_24", 24), Pool("ADA_32_PRO", 32), Pool("AMPERE_48", 48), Pool("ADA_48_PRO", 48),
        Pool("AMPERE_80", 80), Pool("ADA_80_PRO", 80), Pool("BLACKWELL_96", 96), Pool("HOPPER_141", 141), Pool("BLACKWELL_180", 180),
    }.ToDictionary(tier => tier.Name, StringComparer.OrdinalIgnoreCase);

    /// <summary>All names, in no particular order.</summary>
    public static IReadOnlyCollection<string> Names => s_byName.Keys;

    public static GpuTier? Find(string name) => s_byName.GetValueOrDefault(name);

    private static GpuTier Pool(string name, int vramGb) => new(name, vramGb, [name]);
}
