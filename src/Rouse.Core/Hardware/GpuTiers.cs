namespace Rouse.Core.Hardware;

/// <summary>
/// The tiers and GPU aliases that a request may name. Names and pools follow Runpod's GPU pool table (its documentation's "GPU types" page);
/// the seed's A10 and A16, which Runpod does not have, stand for the smallest pool of at least their memory.
/// </summary>
public static class GpuTiers
{
    private static readonly Dictionary<string, int> s_vramByTier = new(StringComparer.OrdinalIgnoreCase)
    {
        ["ECONOMY"] = 16, ["STANDARD"] = 24, ["PRO"] = 48, ["ULTIMATE"] = 80,
        ["A16"] = 16, ["A4000"] = 16, ["A4500"] = 16, ["A10"] = 24, ["A30"] = 24, ["A5000"] = 24, ["L4"] = 24, ["3090"] = 24, ["4090"] = 24,
        ["5090"] = 32, ["A40"] = 48, ["A6000"] = 48, ["L40"] = 48, ["L40S"] = 48, ["A100"] = 80, ["H100"] = 80, ["H200"] = 141, ["B200"] = 180,
        ["AMPERE_16"] = 16, ["AMPERE_24"] = 24, ["ADA_24"] = 24, ["ADA_32_PRO"] = 32, ["AMPERE_48"] = 48, ["ADA_48_PRO"] = 48, ["AMPERE_80"] = 80,
        ["ADA_80_PRO"] = 80, ["BLACKWELL_96"] = 96, ["HOPPER_141"] = 141, ["BLACKWELL_180"] = 180,
    };

    /// <summary>All names, in no particular order.</summary>
    public static IReadOnlyCollection<string> Names => s_vramByTier.Keys;

    /// <param name="vramGb">The memory the tier promises at least, in GB.</param>
    public static bool TryGetVram(string tier, out int vramGb) => s_vramByTier.TryGetValue(tier, out vramGb);
}
