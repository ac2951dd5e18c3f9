using System.Data.Common;
using Dapper;
using Rouse.Core.Models;

namespace Rouse.Store.Deployments;

/// <summary>
/// Figures over all tenants' deployments, for estimates and metrics. They name no tenant. What joined a running backend started nothing, so it tells
/// nothing of how long starts take.
/// </summary>
public sealed class DeploymentFigures(Database database)
{
    /// <summary>Starts an estimate looks back on: enough for a median, few enough to follow a change.</summary>
    public const int StartsRemembered = 50;

    /// <summary>Starts whose durations the metrics give percentiles of.</summary>
    public const int StartsMeasured = 1000;

    /// <summary>From accepted to the first ready, newest first, at this kind of provider, of this model and of any. Of other providers nothing is learned.</summary>
    public ValueTask<StartDurations> StartDurationsAsync(ModelRef model, string provider, CancellationToken ct) => database.ReadAsync(
        async connection =>
        {
            var ofModel = await connection.QueryAsync<long>(
                """
                select first_ready_at - created_at from deployments where first_ready_at is not null and attempt > 0 and model = @model and provider = @provider
                order by first_ready_at desc limit @limit
                """,
                new { model = model.ToString(), provider, limit = StartsRemembered });
            var ofAll = await connection.QueryAsync<long>(
                """
                select first_ready_at - created_at from deployments where first_ready_at is not null and attempt > 0 and provider = @provider
                order by first_ready_at desc limit @limit
                """,
                new { provider, limit = StartsRemembered });
            return new StartDurations(Spans(ofModel), Spans(ofAll));
        },
        ct);

    /// <summary>From accepted to the first ready, newest first, of any model or service.</summary>
    public ValueTask<IReadOnlyList<TimeSpan>> NewestStartsAsync(CancellationToken ct) =>
        database.ReadAsync(async connection => Spans(await NewestStartsAsync(connection, StartsRemembered)), ct);

    /// <summary>Totals since this database began; they only grow, because deployments are never removed.</summary>
    public ValueTask<DeploymentTotals> TotalsAsync(CancellationToken ct) => database.ReadAsync(
        async connection =>
        {
            var totals = await connection.QuerySingleAsync<TotalsRow>(
                """
                select count(*) as created, count(first_ready_at) as ready,
                    cast(coalesce(sum(first_ready_at - created_at), 0) as bigint) as ready_milliseconds
                from deployments
                """);
            var failed = await connection.QueryAsync<FailedRow>(
                "select error_code as code, count(*) as total from deployments where error_code is not null group by error_code order by error_code");
            return new DeploymentTotals(
                totals.Created,
                failed.ToDictionary(row => row.Code, row => row.Total, StringComparer.Ordinal),
                totals.Ready,
                TimeSpan.FromMilliseconds(totals.ReadyMilliseconds),
                Spans(await NewestStartsAsync(connection, StartsMeasured)));
        },
        ct);

    private static Task<IEnumerable<long>> NewestStartsAsync(DbConnection connection, int limit) => connection.QueryAsync<long>(
        "select first_ready_at - created_at from deployments where first_ready_at is not null and attempt > 0 order by first_ready_at desc limit @limit",
        new { limit });

    private static IReadOnlyList<TimeSpan> Spans(IEnumerable<long> milliseconds) =>
        [.. milliseconds.Select(value => TimeSpan.FromMilliseconds(value))];

    private sealed record TotalsRow
    {
        public long Created { get; init; }

        public long Ready { get; init; }

        public long ReadyMilliseconds { get; init; }
    }

    private sealed record FailedRow
    {
        public string Code { get; init; } = "";

        public long Total { get; init; }
    }
}

/// <summary>Durations of past starts, newest first, at most <see cref="DeploymentFigures.StartsRemembered"/> each.</summary>
public sealed record StartDurations(IReadOnlyList<TimeSpan> OfModel, IReadOnlyList<TimeSpan> OfAll);

/// <param name="FailedByCode">Deployments that ended by a fault, by its code.</param>
/// <param name="ReadyTotal">Deployments that were ready at least once.</param>
/// <param name="ReadyTime">The sum of their start durations.</param>
/// <param name="NewestStarts">At most <see cref="DeploymentFigures.StartsMeasured"/> of those durations, newest first.</param>
public sealed record DeploymentTotals(
    long CreatedTotal, IReadOnlyDictionary<string, long> FailedByCode, long ReadyTotal, TimeSpan ReadyTime, IReadOnlyList<TimeSpan> NewestStarts);
