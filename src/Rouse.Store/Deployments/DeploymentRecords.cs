using System.Globalization;
using Rouse.Core.Deployments;
using Rouse.Core.Models;
using Rouse.Core.Tenancy;
using Rouse.Store.Events;
using Rouse.Store.Idempotency;
using Rouse.Store.Secrets;

namespace Rouse.Store.Deployments;

/// <summary>What an accepted request puts into the store.</summary>
public sealed record NewDeployment
{
    public required DeploymentId Id { get; init; }

    public required DeploymentSpec Spec { get; init; }

    /// <summary>What its workers run it with, where that is known already.</summary>
    public WorkerEngine? Engine { get; init; }

    /// <summary>Kept to the millisecond. The start deadline counts from here.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    public IReadOnlyList<SealedSecret> Secrets { get; init; } = [];

    /// <summary>The key of <see cref="DeploymentSpec.Account"/>. It is the account's, so it outlives this deployment; null when it is known already.</summary>
    public SealedSecret? AccountKey { get; init; }

    /// <summary>Equal for deployments that one backend can serve; null when this one wants its own.</summary>
    public string? WarmKey { get; init; }

    /// <summary>The caller's trace; null where nobody traces.</summary>
    public string? TraceParent { get; init; }

    /// <summary>What a repeated request is answered with; null for a request without a key.</summary>
    public RecordedReply? Reply { get; init; }
}

/// <summary>A deployment and the phases it has been through, oldest first.</summary>
public sealed record DeploymentRecord(DeploymentState State, IReadOnlyList<PhaseStamp> Phases);

public sealed record PhaseStamp(PhaseChange Change, DateTimeOffset At);

public sealed record DeploymentKey(TenantId Tenant, DeploymentId Id);

/// <summary>Where a tenant's deployments live.</summary>
/// <param name="Account">As <see cref="DeploymentSpec.Account"/>.</param>
public sealed record TenantAccount(TenantId Tenant, string Provider, string? Account);

/// <param name="Phase">Only deployments in this phase; null for all.</param>
/// <param name="Limit">At least 1.</param>
/// <param name="After">Where the page before ended.</param>
public sealed record DeploymentQuery(Phase? Phase, int Limit, ListCursor? After = null);

/// <param name="Total">Matches over all pages.</param>
/// <param name="Next">Null on the last page.</param>
public sealed record DeploymentList(IReadOnlyList<DeploymentRecord> Items, int Total, ListCursor? Next);

/// <summary>The last row of a page. A position in the order, not a count, so rows that come or go meanwhile neither repeat nor hide others.</summary>
public sealed record ListCursor(DateTimeOffset CreatedAt, DeploymentId Id)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{CreatedAt.ToUnixTimeMilliseconds()}.{Id}");

    public static bool TryParse(string? text, out ListCursor? cursor)
    {
        cursor = null;
        if (text?.Split('.') is not [var at, var id] || !DeploymentId.TryParse(id, out var parsed)) return false;
        if (!long.TryParse(at, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)) return false;
        if (milliseconds > DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()) return false;
        cursor = new ListCursor(UnixTime.From(milliseconds), parsed);
        return true;
    }
}
