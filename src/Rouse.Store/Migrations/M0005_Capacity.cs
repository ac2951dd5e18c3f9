namespace Rouse.Store.Migrations;

/// <summary>
/// What was seen running and at which price, as steps (<c>CapacitySpan</c>). A backend has one open span at most, whoever looks at it, so nothing is
/// counted twice. Prices are decimals as text: SQLite has no exact fractions.
/// </summary>
internal static class M0005_Capacity
{
    public static Migration Migration { get; } = new(5, "capacity", """
        create table capacity_spans (
            id {serial},
            tenant text not null,
            deployment text not null references deployments (id),
            attempt {int} not null,
            backend text not null,
            starting {int} not null,
            ready {int} not null,
            price_per_second text,
            storage_per_hour text not null,
            from_at {int} not null,
            seen_at {int} not null,
            guessed_ms {int} not null,
            unobserved_ms {int} not null,
            is_open {int} not null
        ){strict};
        create unique index capacity_spans_open on capacity_spans (tenant, backend) where is_open = 1;
        create index capacity_spans_by_deployment on capacity_spans (tenant, deployment, id);
        create index capacity_spans_by_time on capacity_spans (seen_at);
        """);
}
