using Rouse.Core.Analytics;
using Rouse.Core.Deployments;
using Rouse.Core.Tenancy;

namespace Rouse.Store.Usage;

/// <summary>What requests to one service that came within a few seconds came to, as it is kept.</summary>
/// <param name="Number">The how many-th row of its writer.</param>
/// <param name="At">When the first of them came.</param>
/// <param name="Waited">Until they were sent, or given up.</param>
/// <param name="Lasted">From their coming to their last byte.</param>
public sealed record UsageRow(long Number, TenantId Tenant, DeploymentId Deployment, DateTimeOffset At, UsageTotals Totals, DurationHistogram Waited, DurationHistogram Lasted);

/// <summary>What the requests to a deployment came to within a time.</summary>
public sealed record UsageTotals
{
    public long Requests { get; init; }

    /// <summary>Those of <see cref="Requests"/> that were queued.</summary>
    public long Queued { get; init; }

    /// <summary>Answered 1xx to 3xx.</summary>
    public long Succeeded { get; init; }

    /// <summary>Answered 4xx.</summary>
    public long Refused { get; init; }

    /// <summary>Answered 5xx.</summary>
    public long Failed { get; init; }

    /// <summary>Answered nothing: the caller left, or the service did not answer.</summary>
    public long Unanswered { get; init; }

    public long ColdStarts { get; init; }

    public long BytesIn { get; init; }

    public long BytesOut { get; init; }
}
