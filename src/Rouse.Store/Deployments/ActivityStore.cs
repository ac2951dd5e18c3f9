using Dapper;
using Rouse.Core.Deployments;

namespace Rouse.Store.Deployments;

/// <summary>When requests of a service were last under way, over all replicas.</summary>
/// <param name="Last">The last of any; null when there was none.</param>
/// <param name="BusyUntil">Until when a replica has said that it has some; null when none ever had.</param>
public readonly record struct ServiceUse(DateTimeOffset? Last, DateTimeOffset? BusyUntil)
{
    public bool IsBusy(DateTimeOffset now) => BusyUntil > now;
}

/// <summary>What replicas tell each other of requests, so that none puts away what another uses, and a restart forgets no idle clock.</summary>
public sealed class ActivityStore(Database database)
{
    /// <param name="replica">Which one says so.</param>
    /// <param name="busyUntil">Until when its word holds without being renewed, should it die; <paramref name="last"/> when nothing is under way any more.</param>
    public async ValueTask NoteAsync(DeploymentId id, string replica, DateTimeOffset last, DateTimeOffset busyUntil, CancellationToken ct) => await database.WriteAsync(
        async connection => await connection.ExecuteAsync(
            """
            insert into deployment_activity (deployment_id, replica, last_at, busy_until) values (@id, @replica, @last, @busy)
            on conflict (deployment_id, replica) do update set last_at = excluded.last_at, busy_until = excluded.busy_until
            """,
            new { id = id.Value, replica, last = last.ToUnixTimeMilliseconds(), busy = busyUntil.ToUnixTimeMilliseconds() }),
        ct);

    public ValueTask<ServiceUse> OfAsync(DeploymentId id, CancellationToken ct) => database.ReadAsync(
        async connection => (await connection.QuerySingleAsync<Row>(Query, new { id = id.Value })).ToUse(), ct);

    internal const string Query = "select max(last_at) as last_at, max(busy_until) as busy_until from deployment_activity where deployment_id = @id";

    internal sealed record Row
    {
        public long? LastAt { get; init; }

        public long? BusyUntil { get; init; }

        public ServiceUse ToUse() => new(UnixTime.From(LastAt), UnixTime.From(BusyUntil));
    }
}
