namespace Rouse.FakeRunpod.Billing;

/// <summary>What a resource has cost so far.</summary>
/// <param name="Seconds">Billed, over all its containers; begun seconds count whole.</param>
/// <param name="Dollars">Exact: not rounded to cents.</param>
public sealed record Bill(long Seconds, decimal Dollars);
