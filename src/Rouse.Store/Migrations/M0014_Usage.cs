namespace Rouse.Store.Migrations;

/// <summary>
/// What requests to one service came to, a few seconds a row. <c>writer</c> and <c>n</c> name it: who wrote it, and the how many-th it was of its own; what is written twice is one
/// row. <c>waited</c> and <c>lasted</c> are histograms.
/// </summary>
internal static class M0014_Usage
{
    public static Migration Migration { get; } = new(14, "usage", """
        create table request_usage (
            writer text not null,
            n {int} not null,
            tenant text not null,
            deployment text not null,
            at {int} not null,
            requests {int} not null,
            queued {int} not null,
            succeeded {int} not null,
            refused {int} not null,
            failed {int} not null,
            unanswered {int} not null,
            cold_starts {int} not null,
            bytes_in {int} not null,
            bytes_out {int} not null,
            waited text not null,
            lasted text not null,
            primary key (writer, n)
        ){strict};
        create index request_usage_by_time on request_usage (at);
        create index request_usage_by_deployment on request_usage (tenant, deployment, at);
        """);
}
