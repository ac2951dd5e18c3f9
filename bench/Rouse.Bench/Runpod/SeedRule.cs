namespace Rouse.Bench.Runpod;

/// <summary>
/// The alternative: the rule by which the service that this one follows leaves an offer for the next. It looks for these words in the error of the
/// call that creates an endpoint, and at nothing after it; its measured run without capacity ended in its timeout, after 1,203 s.
/// </summary>
internal static class SeedRule
{
    private static readonly string[] s_markers = ["insufficient", "no gpu", "no capacity", "out of capacity", "unavailable", "stock", "resource exhausted"];

    /// <summary>Runpod's own words for want of capacity, where it says so at all (github.com/runpod/runpodctl issues 117 and 189).</summary>
    public static readonly IReadOnlyList<string> CapacityTexts =
    [
        "There are no longer any instances available with the requested specifications. Please refresh and try again.",
        "There are not enough free GPUs on the host machine to start this pod.",
    ];

    /// <param name="status">Of the answer to the create.</param>
    /// <param name="text">Its body.</param>
    public static bool MovesOn(int status, string text) =>
        status >= 400 && s_markers.Any(marker => text.Contains(marker, StringComparison.OrdinalIgnoreCase));
}
