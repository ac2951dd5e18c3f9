using System.Data.Common;
using Dapper;
using Rouse.Core.Deployments;
using Rouse.Core.Tenancy;
using Rouse.Store.Events;
using Rouse.Store.Idempotency;
using Rouse.Store.Ownership;
using Rouse.Store.Secrets;
using Rouse.Store.Webhooks;

namespace Rouse.Store.Deployments;

/// <summary>Deployments: written with the events they cause in one transaction, changed only by compare-and-set, never removed.</summary>
/// <param name="webhook">
/// What webhooks tell of a new state, from it and the number of its event; published in the transaction that makes it so. Null for nothing. Must be pure.
/// </param>
public sealed partial class DeploymentStore(Database database, EventStore events, TimeProvider time, Func<DeploymentState, long, WebhookEvent>? webhook = null)
{
    private readonly LeaseStore _leases = new(database, time);

    /// <summary>A text that is equal exactly for equal specs.</summary>
    public static string Fingerprint(DeploymentSpec spec) => SpecJson.Write(spec);

    /// <summary>Intent before effect: the row, its first event, its secrets and the reply that a repeated request gets, all or none.</summary>
    /// <returns><see cref="IdempotencyOutcome.Fresh"/> when it was inserted; otherwise why not.</returns>
    public async ValueTask<IdempotencyOutcome> InsertAsync(TenantId tenant, NewDeployment deployment, CancellationToken ct)
    {
        var outcome = await database.WriteAsync(connection => InsertAsync(connection, deployment, New(tenant, deployment)), ct);
        if (outcome is IdempotencyOutcome.Fresh) events.Announce(deployment.Id);
        return outcome;
    }

    /// <summary>
    /// Inserts it ready, on the backend of a ready deployment with the same <see cref="NewDeployment.WarmKey"/>. That one's row is held until the
    /// commit, so it cannot have ended: whoever tears the backend down afterwards finds this one using it.
    /// </summary>
    /// <returns>Null when there is none to share with, and nothing was written.</returns>
    public async ValueTask<IdempotencyOutcome?> TryInsertSharedAsync(TenantId tenant, NewDeployment deployment, CancellationToken ct)
    {
        var outcome = await database.WriteAsync<IdempotencyOutcome?>(
            async connection =>
            {
                var host = await connection.QueryFirstOrDefaultAsync<DeploymentRow>(
                    DeploymentRow.Select + " where tenant = @tenant and warm_key = @WarmKey and phase = 'Ready' and backend is not null order by created_at limit 1"
                    + database.Dialect.ForUpdate(),
                    new { tenant = tenant.Value, deployment.WarmKey });
                if (host?.ToState() is not { } shared) return null;
                var now = time.StoredNow();
                var state = New(tenant, deployment) with
                {
                    Phase = Phase.Ready, ReadyAt = now, Backend = shared.Backend, Outcome = AttemptOutcome.Created, Offer = shared.Offer, VramGb = shared.VramGb,
                    Engine = shared.Engine ?? deployment.Engine,
                };
                var outcome = await InsertAsync(connection, deployment, state);
                if (outcome is not IdempotencyOutcome.Fresh) return outcome;
                await SaveAsync(connection, state with { Phase = Phase.Accepted }, state);
                return outcome;
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
    /// For the sweep: accounts that may still hold something of ours, which is so until well after the last deployment ended.
    /// </summary>
    /// <param name="endedAfter">Deployments that ended before this count no more, once they were seen gone.</param>
    public ValueTask<IReadOnlyList<TenantAccount>> ListAccountsAsync(DateTimeOffset endedAfter, CancellationToken ct) =>
        database.ReadAsync<IReadOnlyList<TenantAccount>>(
            async connection =>
            [
                .. (await connection.QueryAsync<AccountRow>(
                    """
                    select distinct tenant, provider, account from deployments
                    where released_at is null or ended_at is null or ended_at >= @since order by tenant, provider, account
                    """,
                    new { since = endedAfter.ToUnixTimeMilliseconds() }))
                .Select(row => new TenantAccount(TenantId.Parse(row.Tenant), row.Provider, row.Account)),
            ],
            ct);

    /// <summary>For the relay of jobs, over all tenants: what has not ended and has a backend, at the given kinds of providers.</summary>
    public ValueTask<IReadOnlyList<DeploymentState>> ListServedAsync(IReadOnlyCollection<string> providers, CancellationToken ct) =>
        database.ReadAsync<IReadOnlyList<DeploymentState>>(
            async connection =>
            [
                .. (await connection.QueryAsync<DeploymentRow>(
                    DeploymentRow.Select + $" where phase not in ('Deleting', 'Failed', 'Deleted') and backend is not null and {database.Dialect.In("provider", "providers")}",
                    new { providers = providers.ToArray() })).Select(row => row.ToState()),
            ],
            ct);

    private static DeploymentState New(TenantId tenant, NewDeployment deployment) => new()
    {
        Tenant = tenant,
        Id = deployment.Id,
        Spec = deployment.Spec,
        Engine = deployment.Engine,
        CreatedAt = deployment.CreatedAt,
        Deadline = deployment.CreatedAt + deployment.Spec.Workers.StartTimeout,
    };

    private async ValueTask<IdempotencyOutcome> InsertAsync(DbConnection connection, NewDeployment deployment, DeploymentState state)
    {
        var now = time.UnixNow();
        if (deployment.Reply is { } reply)
        {
            var known = await IdempotencyStore.RecordAsync(connection, state.Tenant, reply, now);
            if (known is not IdempotencyOutcome.Fresh) return known;
        }

        var row = DeploymentRow.From(state);
        await connection.ExecuteAsync(
            """
            insert into deployments (id, tenant, spec, model, provider, account, phase, attempt, outcome, created_at, deadline, warm_key, traceparent, engine)
            values (@Id, @Tenant, @Spec, @model, @Provider, @Account, @Phase, @Attempt, @Outcome, @CreatedAt, @Deadline, @WarmKey, @TraceParent, @Engine)
            """,
            new
            {
                row.Id, row.Tenant, row.Spec, model = state.Spec.Model.ToString(), state.Spec.Provider, state.Spec.Account, row.Phase, row.Attempt,
                row.Outcome, row.CreatedAt, row.Deadline, deployment.WarmKey, deployment.TraceParent, row.Engine,
            });
        foreach (var secret in deployment.Secrets) await SecretStore.PutAsync(connection, state.Tenant, state.Id.Value, secret, now);
        if (deployment.AccountKey is { } key) await SecretStore.PutAsync(connection, state.Tenant, state.Spec.Account!, key, now);
        // There from the start, so that its owner can fetch the secret before the first call comes.
        if (state.Spec.WebhookUrl is { } url) await WebhookOutbox.NameAsync(connection, state.Tenant, url.AbsoluteUri, state.Id.Value, now);
        // What is inserted further along is told by the change that took it there.
        if (state.Phase == Phase.Accepted) await EventStore.AppendAsync(connection, state.Tenant, state.Id, now, new PhaseChange(state.Phase, state.Attempt));
        return IdempotencyOutcome.Fresh.Instance;
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

    private sealed record AccountRow
    {
        public string Tenant { get; init; } = "";

        public string Provider { get; init; } = "";

        public string? Account { get; init; }

        public string? Backend { get; init; }
    }
}
