namespace Rouse.Store.Migrations;

/// <summary>
/// One row for each request to a service. <c>writer</c> and <c>n</c> name it: who wrote it, and the how many-th it was of its own; what is written twice is one row.
/// </summary>
internal static class M0014_Usage
{
    public static Migration Migration { get; } = new(14, "usage", """
        create table request_usage (
            writer text not null,
            n {int} not null,
            tenant text not null,
            deployment text not null,
            queued {int} not null,
            at {int} not null,
            waited_ms {int} not null,
            lasted_ms {int} not null,
            status {int} not null,
            bytes_in {int} not null,
            bytes_out {int} not null,
            cold {int} not null,
            primary key (writer, n)
        ){strict};
        create index request_usage_by_time on request_usage (at);
        create index request_usage_by_deployment on request_usage (tenant, deployment, at);
        """);
}
