namespace Rouse.Store.Costs;

/// <param name="Starting">Of workers that cost and were not ready.</param>
/// <param name="Ready">Of workers that took jobs.</param>
public sealed record CapacityTotals(TimeSpan Starting, TimeSpan Ready);
