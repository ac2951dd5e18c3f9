using Dapper;
using Rouse.Core.Deployments;
using Rouse.Core.Tenancy;

namespace Rouse.Store.Costs;

public sealed partial class CapacityStore
{
    /// <summary>
    /// How long workers had jobs of this deployment. A worker takes one job at a time unless it was told otherwise.
    /// </summary>
    /// <returns>Null where the jobs kept do not tell: some ran more than once, or the backend serves others too.</returns>
    public ValueTask<TimeSpan?> BusyAsync(TenantId tenant, DeploymentId id, DateTimeOffset now, CancellationToken ct) => database.ReadAsync<TimeSpan?>(
        async connection =>
        {
            var args = new { tenant = tenant.Value, id = id.Value, now = now.ToUnixTimeMilliseconds() };
            var others = await connection.ExecuteScalarAsync<long>(
                """
                select count(*) from deployments o join deployments d on o.tenant = d.tenant and o.backend = d.backend and o.id <> d.id
                where d.id = @id and d.tenant = @tenant
                """,
                args);
            if (others > 0) return null;
            var jobs = await connection.QuerySingleAsync<BusyRow>(
                """
                select cast(coalesce(sum(again), 0) as bigint) as again,
                    cast(coalesce(sum(case when taken_at is null then 0 else coalesce(ended_at, @now) - taken_at end), 0) as bigint) as milliseconds
                from jobs where deployment = @id
                """,
                args);
            return jobs.Again > 0 ? null : TimeSpan.FromMilliseconds(Math.Max(0, jobs.Milliseconds));
        },
        ct);

    /// <summary>Worker time over all tenants since this database began; it only grows.</summary>
    public ValueTask<CapacityTotals> TotalsAsync(CancellationToken ct) => database.ReadAsync(
        async connection =>
        {
            var totals = await connection.QuerySingleAsync<TotalsRow>(
                """
                select cast(coalesce(sum((seen_at - from_at) * starting), 0) as bigint) as starting,
                    cast(coalesce(sum((seen_at - from_at) * ready), 0) as bigint) as ready
                from capacity_spans
                """);
            return new CapacityTotals(TimeSpan.FromMilliseconds(totals.Starting), TimeSpan.FromMilliseconds(totals.Ready));
        },
        ct);

    private sealed record BusyRow
    {
        public long Again { get; init; }

        public long Milliseconds { get; init; }
    }

    private sealed record TotalsRow
    {
        public long Starting { get; init; }

        public long Ready { get; init; }
    }
}
