using Rouse.Core.Deployments;
using Rouse.Core.Tenancy;

namespace Rouse.Store.Usage;

/// <summary>One request to a service, as it is kept.</summary>
/// <param name="Number">The how many-th of its writer.</param>
/// <param name="IsQueued">It was queued; else its caller waited.</param>
/// <param name="At">When it came.</param>
/// <param name="Waited">Until it was sent, or given up.</param>
/// <param name="Lasted">From its coming to its last byte.</param>
/// <param name="Status">What it was answered; 0 for nothing.</param>
public sealed record UsageRow(
    long Number, TenantId Tenant, DeploymentId Deployment, bool IsQueued, DateTimeOffset At, TimeSpan Waited, TimeSpan Lasted, int Status, long BytesIn, long BytesOut, bool ColdStart);

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

/// <summary>Nearest ranks, in milliseconds; 0 where there was no request.</summary>
public sealed record UsageRanks(long Median, long P95, long P99);
