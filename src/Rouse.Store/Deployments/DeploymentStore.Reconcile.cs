using System.Data.Common;
using Dapper;
using Rouse.Core.Deployments;
using Rouse.Core.Models;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;
using Rouse.Store.Events;
using Rouse.Store.Webhooks;

namespace Rouse.Store.Deployments;

/// <summary>
/// The compare-and-set half. Each change locks the row, decides on what is there, and writes the row and its events; whoever comes second decides
/// on what the first one left.
/// </summary>
public sealed partial class DeploymentStore : IReconcileStore
{
    private enum ChangeOutcome
    {
        NotFound,
        Refused,
        Changed,
    }

    public ValueTask<DeploymentState?> LoadAsync(TenantId tenant, DeploymentId id, CancellationToken ct) =>
        database.ReadAsync(connection => DeploymentRow.LoadAsync(connection, tenant, id), ct);

    public async ValueTask<bool> TryLeaseAsync(TenantId tenant, DeploymentId id, string owner, TimeSpan length, CancellationToken ct) =>
        await _leases.TryAcquireAsync(LeaseName(id), owner, length, ct) is not null;

    public ValueTask ReleaseLeaseAsync(TenantId tenant, DeploymentId id, string owner, CancellationToken ct) =>
        _leases.ReleaseAsync(LeaseName(id), owner, ct);

    public ValueTask<bool> BeginAttemptAsync(
        TenantId tenant, DeploymentId id, int expected, Offer offer, IReadOnlyList<string> tried, CancellationToken ct) => TryChangeAsync(
        tenant, id,
        row => row.Attempt == expected && row.Backend is null && !row.Phase.IsEnded()
            ? row with
            {
                Attempt = expected + 1,
                AttemptAt = time.StoredNow(),
                Outcome = AttemptOutcome.Pending,
                Refusal = null,
                Offer = offer,
                Tried = tried,
                Phase = Phase.CreatingEndpoint,
            }
            : null,
        ct);

    public ValueTask<bool> RecordBackendAsync(TenantId tenant, DeploymentId id, int attempt, BackendId backend, CancellationToken ct) =>
        TryChangeAsync(
        tenant, id,
        row => row.Attempt == attempt && (row.Backend is null || row.Backend == backend) && !row.Phase.IsEnded()
            ? row with { Backend = backend, Outcome = AttemptOutcome.Created }
            : null,
        ct);

    public ValueTask<bool> RecordRefusalAsync(TenantId tenant, DeploymentId id, int attempt, FailureCause cause, CancellationToken ct) =>
        TryChangeAsync(
        tenant, id,
        row => row.Attempt == attempt && row.Outcome == AttemptOutcome.Pending && !row.Phase.IsEnded()
            ? row with { Outcome = AttemptOutcome.Refused, Refusal = cause }
            : null,
        ct);

    public ValueTask<bool> GiveUpAttemptAsync(
        TenantId tenant, DeploymentId id, int attempt, BackendId backend, FailureCause cause, CancellationToken ct) => TryChangeAsync(
        tenant, id,
        row => row.Attempt == attempt && row.Backend == backend && row.Phase.IsStarting()
            ? row with { Backend = null, Outcome = AttemptOutcome.Refused, Refusal = cause, Phase = Phase.SelectingGpu }
            : null,
        ct);

    public ValueTask<bool> ForgetBackendAsync(
        TenantId tenant, DeploymentId id, int attempt, BackendId? backend, DateTimeOffset deadline, CancellationToken ct) => TryChangeAsync(
        tenant, id,
        row => row.Attempt == attempt && row.Backend == backend && !row.Phase.IsEnded()
            ? row with { Backend = null, Outcome = AttemptOutcome.Lost, Phase = Phase.SelectingGpu, Deadline = deadline, ReadyAt = null, Tried = [] }
            : null,
        ct);

    public ValueTask<bool> AdvanceAsync(TenantId tenant, DeploymentId id, int attempt, Phase to, FailureCause? cause, CancellationToken ct) =>
        TryChangeAsync(tenant, id, row => Advanced(row, attempt, to, cause), ct);

    public ValueTask<bool> RecordModelAsync(TenantId tenant, DeploymentId id, int vramGb, WorkerEngine? engine, CancellationToken ct) =>
        TryChangeAsync(tenant, id, row => row.Phase.IsEnded() ? null : row with { VramGb = vramGb, Engine = row.Engine ?? engine }, ct);

    public ValueTask<bool> NoteAsync(TenantId tenant, DeploymentId id, FailureCause? cause, CancellationToken ct) =>
        TryChangeAsync(tenant, id, row => row.Phase.IsTerminal() ? null : row with { Waiting = cause }, ct);

    public async ValueTask<bool> RecordScalingAsync(TenantId tenant, DeploymentId id, int attempt, string level, string what, WorkerScaling? adopted, CancellationToken ct)
    {
        var recorded = await database.WriteAsync(
            async connection =>
            {
                if (await DeploymentRow.LockAsync(connection, database.Dialect, tenant, id) is not { } row || row.Attempt != attempt || row.Phase.IsEnded()) return false;
                if (adopted is not null)
                {
                    await connection.ExecuteAsync(
                        "update deployments set spec = @spec, warm_key = null where id = @id",
                        new { id = id.Value, spec = SpecJson.Write(row.Spec with { Workers = adopted }) });
                }

                await LogStore.AppendAsync(connection, tenant, id, time.UnixNow(), [new LogEntry(time.StoredNow(), level, what)], events.Logs);
                return true;
            },
            ct);
        if (recorded) events.Announce(id);
        return recorded;
    }

    public ValueTask<IReadOnlyList<BackendId>> UsedByOthersAsync(
        TenantId tenant, DeploymentId id, IReadOnlyList<BackendId> backends, CancellationToken ct) =>
        database.ReadAsync(connection => OthersUsingAsync(connection, tenant, id, backends), ct);

    public ValueTask<bool> MarkReleasedAsync(TenantId tenant, DeploymentId id, CancellationToken ct) => TryChangeAsync(
        tenant, id, row => row.Phase.IsEnded() && row.ReleasedAt is null ? row with { ReleasedAt = time.StoredNow() } : null, ct);

    private DeploymentState? Advanced(DeploymentState row, int attempt, Phase to, FailureCause? cause)
    {
        if (!Phases.MayAdvance(row.Phase, row.Attempt, to, attempt)) return null;
        return row with
        {
            Phase = to,
            ReadyAt = to == Phase.Ready ? row.ReadyAt ?? time.StoredNow() : row.ReadyAt,
            EndedAt = to.IsEnded() ? row.EndedAt ?? time.StoredNow() : null,
            Error = to == Phase.Failed ? cause : row.Error,
            StopAt = to is Phase.Ready or Phase.Hibernated ? null : row.StopAt,
            WakeAt = to is Phase.Ready or Phase.Hibernated ? null : row.WakeAt,
            StayWith = to is Phase.Ready ? null : row.StayWith,
        };
    }

    private async ValueTask<bool> TryChangeAsync(
        TenantId tenant, DeploymentId id, Func<DeploymentState, DeploymentState?> decide, CancellationToken ct) =>
        await ChangeAsync(tenant, id, decide, ct) is ChangeOutcome.Changed;

    private async ValueTask<ChangeOutcome> ChangeAsync(
        TenantId tenant, DeploymentId id, Func<DeploymentState, DeploymentState?> decide, CancellationToken ct)
    {
        var outcome = await database.WriteAsync(
            async connection =>
            {
                if (await DeploymentRow.LockAsync(connection, database.Dialect, tenant, id) is not { } row) return ChangeOutcome.NotFound;
                if (decide(row) is not { } next) return ChangeOutcome.Refused;
                await SaveAsync(connection, row, next);
                return ChangeOutcome.Changed;
            },
            ct);
        if (outcome is ChangeOutcome.Changed) events.Announce(id);
        return outcome;
    }

    private async ValueTask SaveAsync(DbConnection connection, DeploymentState row, DeploymentState next, ColdStartTimes? times = null)
    {
        if (next == row) return;
        // A step forward answers what was waited for.
        if (next.Phase != row.Phase || next.Attempt != row.Attempt) next = next with { Waiting = null };
        await connection.ExecuteAsync(
            """
            update deployments set
                phase = @Phase, attempt = @Attempt, attempt_at = @AttemptAt, outcome = @Outcome, refusal_code = @RefusalCode,
                refusal_message = @RefusalMessage, offer = @Offer, backend = @Backend, deadline = @Deadline, ready_at = @ReadyAt,
                first_ready_at = coalesce(first_ready_at, @ReadyAt), ended_at = @EndedAt, released_at = @ReleasedAt,
                error_code = @ErrorCode, error_message = @ErrorMessage, vram_gb = @VramGb, engine = @Engine, tried = @Tried,
                waiting_code = @WaitingCode, waiting_message = @WaitingMessage,
                stop_at = @StopAt, wake_at = @WakeAt, wakes = @Wakes, stay_with = @StayWith
            where id = @Id
            """,
            DeploymentRow.From(next));
        if (next.Phase == Phase.Ready && row.WakeAt is { } woken) await WakeStore.AddAsync(connection, row.Id, woken, time.StoredNow());
        if (next.Phase != row.Phase || next.Attempt != row.Attempt)
        {
            var number = await EventStore.AppendAsync(
                connection, row.Tenant, row.Id, time.UnixNow(),
                new PhaseChange(next.Phase, next.Attempt, next.Phase == Phase.Failed ? next.Error : null) { ColdStart = times });
            if (webhook?.Invoke(next, number) is { } news) await WebhookOutbox.PublishAsync(connection, database.Dialect, news, time.UnixNow());
        }

        var cause = next.Refusal != row.Refusal ? next.Refusal : next.Waiting != row.Waiting ? next.Waiting : null;
        if (cause is not null)
        {
            await LogStore.AppendAsync(connection, row.Tenant, row.Id, time.UnixNow(), [new LogEntry(time.StoredNow(), "warn", cause.Message)], events.Logs);
        }
    }

    private async ValueTask<IReadOnlyList<BackendId>> OthersUsingAsync(
        DbConnection connection, TenantId tenant, DeploymentId id, IReadOnlyList<BackendId> backends) =>
    [
        .. (await connection.QueryAsync<string>(
            $"""
            select distinct backend from deployments
            where tenant = @tenant and id <> @id and phase not in ('Deleting', 'Failed', 'Deleted') and {database.Dialect.In("backend", "backends")}
            """,
            new { tenant = tenant.Value, id = id.Value, backends = backends.Select(backend => backend.Value).ToArray() })).Select(value => new BackendId(value)),
    ];

    private static string LeaseName(DeploymentId id) => "deployment/" + id;
}
