namespace Rouse.Store.Migrations;

/// <summary>
/// Jobs of deployments that speak HTTP: what is sent, each sending, and what was answered. Bodies lie in the spool; here are their names, sizes and
/// hashes. Kept beside the caller's input, so that no input can name a file.
/// </summary>
internal static class M0013_ServiceJobs
{
    public static Migration Migration { get; } = new(13, "service jobs", """
        create index jobs_by_id on jobs (id);

        create table job_requests (
            deployment text not null,
            id text not null,
            method text not null,
            target text not null,
            headers text not null,
            repeatable {int} not null,
            file text,
            bytes {int} not null,
            sha256 {blob},
            primary key (deployment, id),
            foreign key (deployment, id) references jobs (deployment, id) on delete cascade
        ){strict};
        create index job_requests_by_file on job_requests (file);

        create table job_replies (
            deployment text not null,
            id text not null,
            status {int} not null,
            headers text not null,
            file text,
            bytes {int} not null,
            sha256 {blob},
            primary key (deployment, id),
            foreign key (deployment, id) references jobs (deployment, id) on delete cascade
        ){strict};
        create index job_replies_by_file on job_replies (file);

        create table request_attempts (
            deployment text not null,
            id text not null,
            n {int} not null,
            began_at {int} not null,
            ended_at {int},
            outcome text,
            status {int},
            error text,
            backend text not null,
            primary key (deployment, id, n),
            foreign key (deployment, id) references jobs (deployment, id) on delete cascade
        ){strict};
        create index request_attempts_by_time on request_attempts (deployment, began_at);
        """);
}
