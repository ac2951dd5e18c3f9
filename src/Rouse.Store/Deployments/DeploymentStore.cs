using System.Data.Common;
using Dapper;
using Rouse.Core.Deployments;
using Rouse.Core.Tenancy;
using Rouse.Store.Events;
using Rouse.Store.Idempotency;
using Rouse.Store.Jobs;
using Rouse.Store.Ownership;
using Rouse.Store.Secrets;

namespace Rouse.Store.Deployments;

/// <summary>Deployments: written with the events they cause in one transaction, changed only by compare-and-set, never removed.</summary>
/// <param name="webhook">What a new state is told to the user's webhook, queued in the transaction that makes it so; null for nothing. Must be pure.</param>
public sealed partial class DeploymentStore(Database database, EventStore events, TimeProvider time, Func<DeploymentState, NewDelivery?>? webhook = null)
{
    private readonly LeaseStore _leases = new(database, time);

    /// <summary>Intent before effect: the row, its first event, its secrets and the reply that a repeated request gets, all or none.</summary>
    /// <returns><see cref="IdempotencyOutcome.Fresh"/> when it was inserted; otherwise why not.</returns>
    public async ValueTask<IdempotencyOutcome> InsertAsync(TenantId tenant, NewDeployment deployment, CancellationToken ct)
    {
        var state = new DeploymentState
        {
            Tenant = tenant,
            Id = deployment.Id,
            Spec = deployment.Spec,
            CreatedAt = deployment.CreatedAt,
            Deadline = deployment.CreatedAt + deployment.Spec.Workers.StartTimeout,
        };
        var outcome = await database.WriteAsync(
            async connection =>
            {
                if (deployment.Reply is { } reply)
                {
                    var known = await IdempotencyStore.RecordAsync(connection, tenant, reply, time.UnixNow());
                    if (known is not IdempotencyOutcome.Fresh) return known;
                }

                await InsertAsync(connection, state);
                foreach (var secret in deployment.Secrets)
                {
                    await SecretStore.PutAsync(connection, tenant, deployment.Id.Value, secret, time.UnixNow());
                }
                await EventStore.AppendAsync(connection, tenant, state.Id, time.UnixNow(), new PhaseChange(state.Phase, state.Attempt));
                return IdempotencyOutcome.Fresh.Instance;
            },
            ct);
        if (outcome is IdempotencyOutcome.Fresh) events.Announce(deployment.Id);
        return outcome;
    }

    public ValueTask<DeploymentRecord?> GetAsync(TenantId tenant, DeploymentId id, CancellationToken ct) => database.ReadAsync(
        async connection => await DeploymentRow.LoadAsync(connection, tenant, id) is { } state
            ? (await WithPhasesAsync(connection, [state]))[0]
            : null,
        ct);

    /// <summary>A page of the tenant's deployments, newest first.</summary>
    public ValueTask<DeploymentList> ListAsync(TenantId tenant, DeploymentQuery query, CancellationToken ct) => database.ReadAsync(
        async connection =>
        {
            var parameters = new
            {
                tenant = tenant.Value,
                phase = query.Phase?.ToString(),
                limit = query.Limit + 1,
                before = query.After?.CreatedAt.ToUnixTimeMilliseconds() ?? long.MaxValue,
                beforeId = query.After?.Id.Value ?? "",
            };
            var matches = " where tenant = @tenant" + (query.Phase is null ? "" : " and phase = @phase");
            var total = await connection.ExecuteScalarAsync<int>("select count(*) from deployments" + matches, parameters);
            List<DeploymentState> page =
            [
                .. (await connection.QueryAsync<DeploymentRow>(
                    DeploymentRow.Select + matches + " and (created_at, id) < (@before, @beforeId) order by created_at desc, id desc limit @limit",
                    parameters)).Select(row => row.ToState()),
            ];
            var more = page.Count > query.Limit;
            if (more) page.RemoveAt(page.Count - 1);
            return new DeploymentList(await WithPhasesAsync(connection, page), total, more ? new ListCursor(page[^1].CreatedAt, page[^1].Id) : null);
        },
        ct);

    /// <summary>Moves to <see cref="Phase.Deleting"/>; asking again changes nothing.</summary>
    /// <returns>False when the tenant has no such deployment.</returns>
    public async ValueTask<bool> RequestDeleteAsync(TenantId tenant, DeploymentId id, CancellationToken ct) =>
        await ChangeAsync(tenant, id, row => Advanced(row, row.Attempt, Phase.Deleting, cause: null), ct) is not ChangeOutcome.NotFound;

    /// <summary>For the loop, over all tenants, in the order of ids: whatever is not ended, or ended and not yet seen gone at the provider.</summary>
    public ValueTask<IReadOnlyList<DeploymentKey>> ListActiveAsync(DeploymentId? after, int limit, CancellationToken ct) =>
        database.ReadAsync<IReadOnlyList<DeploymentKey>>(
            async connection =>
            [
                .. (await connection.QueryAsync<DeploymentRow>(
                    """
                    select tenant, id from deployments
                    where (released_at is null or phase = 'Deleting') and id > @after order by id limit @limit
                    """,
                    new { after = after?.Value ?? "", limit }))
                .Select(row => new DeploymentKey(TenantId.Parse(row.Tenant), DeploymentId.Parse(row.Id))),
            ],
            ct);

    /// <summary>
    /// For the sweep: tenants whose accounts may still hold something of ours, which is so until well after the last deployment ended.
    /// </summary>
    /// <param name="endedAfter">Deployments that ended before this count no more, once they were seen gone.</param>
    public ValueTask<IReadOnlyList<TenantId>> ListTenantsAsync(DateTimeOffset endedAfter, CancellationToken ct) =>
        database.ReadAsync<IReadOnlyList<TenantId>>(
            async connection =>
            [
                .. (await connection.QueryAsync<string>(
                    "select distinct tenant from deployments where released_at is null or ended_at is null or ended_at >= @since order by tenant",
                    new { since = endedAfter.ToUnixTimeMilliseconds() })).Select(TenantId.Parse),
            ],
            ct);

    private static async ValueTask InsertAsync(DbConnection connection, DeploymentState state)
    {
        var row = DeploymentRow.From(state);
        await connection.ExecuteAsync(
            """
            insert into deployments (id, tenant, spec, model, phase, attempt, outcome, created_at, deadline)
            values (@Id, @Tenant, @Spec, @model, @Phase, @Attempt, @Outcome, @CreatedAt, @Deadline)
            """,
            new
            {
                row.Id, row.Tenant, row.Spec, model = state.Spec.Model.ToString(), row.Phase, row.Attempt, row.Outcome, row.CreatedAt, row.Deadline,
            });
    }

    private async ValueTask<IReadOnlyList<DeploymentRecord>> WithPhasesAsync(DbConnection connection, IReadOnlyList<DeploymentState> states)
    {
        if (states.Count == 0) return [];
        var ofThese = database.Dialect.In("deployment_id", "ids");
        var rows = await connection.QueryAsync<EventRow>(
            $"select deployment_id, seq, kind, data, at from events where kind = 'status' and {ofThese} order by seq",
            new { ids = states.Select(state => state.Id.Value).ToArray() });
        var stamps = rows.ToLookup(
            row => row.DeploymentId,
            row => new PhaseStamp((PhaseChange)EventKinds.Read(row.Kind, row.Data), UnixTime.From(row.At)),
            StringComparer.Ordinal);
        return [.. states.Select(state => new DeploymentRecord(state, [.. stamps[state.Id.Value]]))];
    }
}
