using System.Data.Common;
using Dapper;
using Rouse.Core.Deployments;
using Rouse.Core.Models;
using Rouse.Core.Tenancy;

namespace Rouse.Store.Deployments;

/// <summary>What the parts of starts took: the newest of each attempt, because each worker that a scaler starts has one of its own.</summary>
public sealed class ColdStartStore(Database database)
{
    /// <summary>Starts that figures over a model look back on, as <see cref="DeploymentFigures.StartsRemembered"/>.</summary>
    public const int Remembered = DeploymentFigures.StartsRemembered;

    private const string Columns = "c.downloading, c.loading, c.warming, c.weights_from, c.bytes";

    /// <summary>Of the deployment's current attempt or the last one that had any; null before a worker has told.</summary>
    public ValueTask<ColdStartTimes?> FindAsync(TenantId tenant, DeploymentId id, CancellationToken ct) => database.ReadAsync(
        async connection => (await connection.QueryFirstOrDefaultAsync<TimesRow>(
            $"select {Columns} from cold_starts c join deployments d on d.id = c.deployment_id where d.id = @id and d.tenant = @tenant order by c.attempt desc limit 1",
            new { id = id.Value, tenant = tenant.Value }))?.ToTimes(),
        ct);

    /// <summary>Of a model at a kind of provider, newest first, over all tenants.</summary>
    public ValueTask<IReadOnlyList<ColdStartTimes>> OfAsync(ModelRef model, string provider, CancellationToken ct) => database.ReadAsync<IReadOnlyList<ColdStartTimes>>(
        async connection =>
        [
            .. (await connection.QueryAsync<TimesRow>(
                $"select {Columns} from cold_starts c join deployments d on d.id = c.deployment_id where d.model = @model and d.provider = @provider order by c.at desc limit @limit",
                new { model = model.ToString(), provider, limit = Remembered })).Select(row => row.ToTimes()),
        ],
        ct);

    /// <summary>In the transaction of the report.</summary>
    internal static async ValueTask PutAsync(DbConnection connection, DeploymentId id, int attempt, ColdStartTimes times, long at) => await connection.ExecuteAsync(
        """
        insert into cold_starts (deployment_id, attempt, at, downloading, loading, warming, weights_from, bytes)
        values (@id, @attempt, @at, @downloading, @loading, @warming, @WeightsFrom, @Bytes)
        on conflict (deployment_id, attempt) do update set
            at = excluded.at, downloading = excluded.downloading, loading = excluded.loading, warming = excluded.warming,
            weights_from = excluded.weights_from, bytes = excluded.bytes
        """,
        new
        {
            id = id.Value, attempt, at, downloading = Milliseconds(times.Downloading), loading = Milliseconds(times.Loading), warming = Milliseconds(times.Warming),
            times.WeightsFrom, times.Bytes,
        });

    private static long? Milliseconds(TimeSpan? span) => (long?)span?.TotalMilliseconds;

    private sealed record TimesRow
    {
        public long? Downloading { get; init; }

        public long? Loading { get; init; }

        public long? Warming { get; init; }

        public string? WeightsFrom { get; init; }

        public long? Bytes { get; init; }

        public ColdStartTimes ToTimes() => new(Span(Downloading), Span(Loading), Span(Warming), WeightsFrom, Bytes);

        private static TimeSpan? Span(long? milliseconds) => milliseconds is { } value ? TimeSpan.FromMilliseconds(value) : null;
    }
}
