namespace Rouse.Store.Migrations;

/// <summary>How far each worker's phases and progress have come, so that a report that arrives late undoes nothing (<c>ReportRules</c>).</summary>
internal static class M0006_ReportMarks
{
    public static Migration Migration { get; } = new(6, "report marks", """
        create table report_marks (
            deployment_id text not null references deployments (id),
            attempt {int} not null,
            worker text not null,
            kind text not null,
            sequence {int} not null,
            at {int} not null,
            primary key (deployment_id, attempt, worker, kind)
        ){strict};
        create index report_marks_by_age on report_marks (at);
        """);
}
