namespace Rouse.Store.Migrations;

/// <summary>
/// Jobs that were handed on to a provider's own queue, and under which id it knows them. A row speaks of one take of its job, named by
/// <c>queued_at</c> and <c>tries</c>: what an earlier take left behind is never taken for the present one.
/// </summary>
internal static class M0004_RelayedJobs
{
    public static Migration Migration { get; } = new(4, "relayed jobs", """
        alter table jobs add column relayed {int} not null default 0;

        create table relayed_jobs (
            deployment text not null,
            job text not null,
            relay text not null,
            attempt {int} not null,
            backend text not null,
            provider_job text not null,
            submitted_at {int} not null,
            queued_at {int} not null,
            tries {int} not null,
            primary key (deployment, job),
            foreign key (deployment, job) references jobs (deployment, id) on delete cascade
        ){strict};
        """);
}
