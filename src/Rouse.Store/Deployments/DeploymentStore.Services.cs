using Dapper;
using Rouse.Core.Deployments;
using Rouse.Core.Tenancy;

namespace Rouse.Store.Deployments;

/// <summary>A service as a list shows it.</summary>
/// <param name="Mark">Differs whenever something about it does that its route shows.</param>
public readonly record struct ServiceMark(DeploymentKey Key, string Mark);

/// <summary>Deployments that speak HTTP themselves.</summary>
public sealed partial class DeploymentStore
{
    /// <summary>For the routes, over all tenants: every service that is not deleted.</summary>
    public ValueTask<IReadOnlyList<ServiceMark>> ListServicesAsync(CancellationToken ct) => database.ReadAsync<IReadOnlyList<ServiceMark>>(
        async connection =>
        [
            .. (await connection.QueryAsync<DeploymentRow>(DeploymentRow.Select + " where model like 'service:%' and phase <> 'Deleted'")).Select(row => new ServiceMark(
                new DeploymentKey(TenantId.Parse(row.Tenant), DeploymentId.Parse(row.Id)),
                FormattableString.Invariant($"{row.Phase} {row.Attempt} {row.Backend} {row.StopAt} {row.WakeAt} {row.Wakes} {row.WaitingCode} {row.WaitingMessage}"))),
        ],
        ct);

    /// <summary>
    /// Since when nobody has used what is ready: the last request of any replica, its last wake, or when it became ready, whichever came last. Null while
    /// it is not ready, or something is under way.
    /// </summary>
    public ValueTask<DateTimeOffset?> IdleSinceAsync(TenantId tenant, DeploymentId id, CancellationToken ct) => database.ReadAsync(
        async connection => await DeploymentRow.LoadAsync(connection, tenant, id) is { } row ? await IdleSinceAsync(connection, row) : null, ct);

    /// <summary>
    /// Ready to hibernated, unless somebody used it after the given moment: the row is held while that is looked up. What begins at another replica
    /// from here on is found by the drain.
    /// </summary>
    public async ValueTask<bool> HibernateIdleAsync(TenantId tenant, DeploymentId id, int attempt, DateTimeOffset idleSince, CancellationToken ct)
    {
        var done = await database.WriteAsync(
            async connection =>
            {
                if (await DeploymentRow.LockAsync(connection, database.Dialect, tenant, id) is not { } row) return false;
                if (await IdleSinceAsync(connection, row) is not { } since || since > idleSince) return false;
                if (Advanced(row, attempt, Phase.Hibernated, cause: null) is not { } next) return false;
                await SaveAsync(connection, row, next);
                return true;
            },
            ct);
        if (done) events.Announce(id);
        return done;
    }

    private async ValueTask<DateTimeOffset?> IdleSinceAsync(System.Data.Common.DbConnection connection, DeploymentState row)
    {
        if (row.Phase != Phase.Ready || row.ReadyAt is not { } ready) return null;
        var id = new { id = row.Id.Value };
        var use = (await connection.QuerySingleAsync<ActivityStore.Row>(ActivityStore.Query, id)).ToUse();
        if (use.IsBusy(time.GetUtcNow())) return null;
        var woken = UnixTime.From(await connection.ExecuteScalarAsync<long?>("select max(at) from wakes where deployment_id = @id", id));
        return new[] { ready, use.Last ?? ready, woken ?? ready }.Max();
    }
}
