namespace Rouse.Core.Scheduling;

/// <summary>What bounds and shapes the waiting of all deployments together; a deployment's own bounds are in its <see cref="Deployments.HttpService"/>.</summary>
public sealed record AdmissionLimits
{
    /// <summary>Requests of one tenant that are held, over all its deployments: half of what a server's memory is meant for (docs/benchmarks.md), so that one tenant cannot shut out another.</summary>
    public int TenantPlaces { get; init; } = 10_000;

    /// <summary>Bytes of their bodies. 1 GiB: of 10,000 requests 100 KB each.</summary>
    public long TenantBytes { get; init; } = 1L << 30;

    /// <summary>Requests in a row that somebody waits for, while a queued job waits too; then one queued job goes. 8: callers lose a ninth of the capacity, jobs never starve.</summary>
    public int HeldInARow { get; init; } = 8;

    /// <summary>How long a request takes, before the first of a deployment was measured. 10 s: one picture.</summary>
    public TimeSpan FirstService { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>What the newest measured time counts in the moving average, 0 to 1. 0.2: about the last ten.</summary>
    public double ServiceWeight { get; init; } = 0.2;

    /// <summary>How soon to ask again when this server stops. 2 s: another one takes over, or this one is back.</summary>
    public TimeSpan AfterStop { get; init; } = TimeSpan.FromSeconds(2);
}
