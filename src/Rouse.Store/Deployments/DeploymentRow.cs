using System.Data.Common;
using System.Text.Json;
using Dapper;
using Rouse.Core.Deployments;
using Rouse.Core.Models;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;

namespace Rouse.Store.Deployments;

/// <summary>A row of <c>deployments</c>, and the way to and from <see cref="DeploymentState"/>.</summary>
internal sealed record DeploymentRow
{
    private const string Columns = """
        id, tenant, spec, phase, attempt, attempt_at, outcome, refusal_code, refusal_message, offer, backend,
        created_at, deadline, ready_at, ended_at, released_at, error_code, error_message, vram_gb, tried, waiting_code, waiting_message, traceparent,
        stop_at, wake_at, wakes, stay_with, engine
        """;

    public const string Select = "select " + Columns + " from deployments";

    public string Id { get; init; } = "";

    public string Tenant { get; init; } = "";

    public string Spec { get; init; } = "";

    public string Phase { get; init; } = "";

    public long Attempt { get; init; }

    public long? AttemptAt { get; init; }

    public string Outcome { get; init; } = "";

    public string? RefusalCode { get; init; }

    public string? RefusalMessage { get; init; }

    public string? Offer { get; init; }

    public string? Backend { get; init; }

    public long CreatedAt { get; init; }

    public long Deadline { get; init; }

    public long? ReadyAt { get; init; }

    public long? EndedAt { get; init; }

    public long? ReleasedAt { get; init; }

    public string? ErrorCode { get; init; }

    public string? ErrorMessage { get; init; }

    public long? VramGb { get; init; }

    /// <summary>One key a line.</summary>
    public string? Tried { get; init; }

    public string? WaitingCode { get; init; }

    public string? WaitingMessage { get; init; }

    public string? Traceparent { get; init; }

    public long? StopAt { get; init; }

    public long? WakeAt { get; init; }

    public long Wakes { get; init; }

    public string? StayWith { get; init; }

    public string? Engine { get; init; }

    public static DeploymentRow From(DeploymentState state) => new()
    {
        Id = state.Id.Value,
        Tenant = state.Tenant.Value,
        Spec = SpecJson.Write(state.Spec),
        Phase = state.Phase.ToString(),
        Attempt = state.Attempt,
        AttemptAt = UnixTime.To(state.AttemptAt),
        Outcome = state.Outcome.ToString(),
        RefusalCode = state.Refusal?.Code,
        RefusalMessage = Message(state.Refusal),
        Offer = state.Offer is { } offer ? JsonSerializer.Serialize(offer, StoreJson.Default.Offer) : null,
        Backend = state.Backend?.Value,
        CreatedAt = state.CreatedAt.ToUnixTimeMilliseconds(),
        Deadline = state.Deadline.ToUnixTimeMilliseconds(),
        ReadyAt = UnixTime.To(state.ReadyAt),
        EndedAt = UnixTime.To(state.EndedAt),
        ReleasedAt = UnixTime.To(state.ReleasedAt),
        ErrorCode = state.Error?.Code,
        ErrorMessage = Message(state.Error),
        VramGb = state.VramGb,
        Tried = state.Tried.Count == 0 ? null : string.Join('\n', state.Tried),
        WaitingCode = state.Waiting?.Code,
        WaitingMessage = Message(state.Waiting),
        StopAt = UnixTime.To(state.StopAt),
        WakeAt = UnixTime.To(state.WakeAt),
        Wakes = state.Wakes,
        StayWith = state.StayWith,
        Engine = state.Engine?.ToString(),
    };

    public DeploymentState ToState() => new()
    {
        Tenant = TenantId.Parse(Tenant),
        Id = DeploymentId.Parse(Id),
        Spec = SpecJson.Read(Spec),
        Phase = Enum.Parse<Phase>(Phase),
        Attempt = (int)Attempt,
        AttemptAt = UnixTime.From(AttemptAt),
        Outcome = Enum.Parse<AttemptOutcome>(Outcome),
        Refusal = Cause(RefusalCode, RefusalMessage),
        Offer = Offer is null ? null : JsonSerializer.Deserialize(Offer, StoreJson.Default.Offer),
        Backend = Backend is null ? null : new BackendId(Backend),
        CreatedAt = UnixTime.From(CreatedAt),
        Deadline = UnixTime.From(Deadline),
        ReadyAt = UnixTime.From(ReadyAt),
        EndedAt = UnixTime.From(EndedAt),
        ReleasedAt = UnixTime.From(ReleasedAt),
        Error = Cause(ErrorCode, ErrorMessage),
        VramGb = (int?)VramGb,
        Tried = Tried?.Split('\n') ?? [],
        Waiting = Cause(WaitingCode, WaitingMessage),
        TraceParent = Traceparent,
        StopAt = UnixTime.From(StopAt),
        WakeAt = UnixTime.From(WakeAt),
        Wakes = (int)Wakes,
        StayWith = StayWith,
        Engine = Engine is null ? null : Enum.Parse<WorkerEngine>(Engine),
    };

    public static async ValueTask<DeploymentState?> LoadAsync(DbConnection connection, TenantId tenant, DeploymentId id) =>
        (await connection.QuerySingleOrDefaultAsync<DeploymentRow>(
            Select + " where id = @id and tenant = @tenant", new { id = id.Value, tenant = tenant.Value }))?.ToState();

    /// <summary>Reads the row and holds it until the transaction ends.</summary>
    public static async ValueTask<DeploymentState?> LockAsync(DbConnection connection, SqlDialect dialect, TenantId tenant, DeploymentId id) =>
        (await connection.QuerySingleOrDefaultAsync<DeploymentRow>(
            Select + " where id = @id and tenant = @tenant" + dialect.ForUpdate(), new { id = id.Value, tenant = tenant.Value }))?.ToState();

    private static string? Message(FailureCause? cause) => cause is null ? null : StorableText.Message(cause.Message);

    private static FailureCause? Cause(string? code, string? message) => code is null ? null : new FailureCause(code, message ?? "");
}
