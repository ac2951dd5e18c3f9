using Rouse.Store.Jobs;

namespace Rouse.Server.Background;

/// <summary>How webhooks of one kind are sent.</summary>
/// <param name="Waits">Before the second try, the third, …; after the last the delivery is given up.</param>
/// <param name="Accepts">Which statuses count as delivered.</param>
internal sealed record DeliveryPlan(IReadOnlyList<TimeSpan> Waits, Func<int, bool> Accepts)
{
    /// <summary>Headers of one try, a signature for one. Made anew each time, because a signature carries the time.</summary>
    public Func<Delivery, IEnumerable<KeyValuePair<string, string>>> Headers { get; init; } = static _ => [];

    /// <summary>The webhook of a job, as Runpod sends it: must answer 200, up to two retries 10 s apart.</summary>
    public static DeliveryPlan ForJobs { get; } = new([TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(10)], static status => status == 200);

    /// <summary>The webhook of a deployment, with the seed's figures: three tries, 1 and 2 s apart; any 2xx will do.</summary>
    public static DeliveryPlan ForDeployments { get; } = new([TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2)], static status => status is >= 200 and <= 299);
}
