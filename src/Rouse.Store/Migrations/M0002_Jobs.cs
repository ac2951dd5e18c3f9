namespace Rouse.Store.Migrations;

/// <summary>
/// A job's hot row is small: inputs and streamed items lie beside it, because SQLite rewrites a whole row at each take and ping. Every job has one
/// moment, <c>due_at</c>, at which the sweep must look at it; <c>drop_at</c> is when the row goes. <c>place</c> orders the queue.
/// </summary>
internal static class M0002_Jobs
{
    public static Migration Migration { get; } = new(2, "jobs", """
        create table jobs (
            deployment text not null,
            id text not null,
            tenant text not null,
            status text not null,
            low {int} not null,
            place {int} not null,
            queued_at {int} not null,
            taken_at {int},
            ended_at {int},
            tries {int} not null,
            again {int} not null,
            worker text,
            execution_ms {int} not null,
            ttl_ms {int} not null,
            drop_at {int} not null,
            due_at {int} not null,
            webhook text,
            chunks {int} not null,
            chunk_bytes {int} not null,
            error text,
            output {blob},
            primary key (deployment, id)
        ){strict};
        create index jobs_by_status on jobs (deployment, status, low, place);
        create index jobs_by_due on jobs (due_at);
        create index jobs_again on jobs (deployment) where again = 1;

        create table job_inputs (
            deployment text not null,
            id text not null,
            sealed_s3 {blob},
            input {blob} not null,
            primary key (deployment, id),
            foreign key (deployment, id) references jobs (deployment, id) on delete cascade
        ){strict};

        create table job_chunks (
            deployment text not null,
            id text not null,
            n {int} not null,
            body {blob} not null,
            primary key (deployment, id, n),
            foreign key (deployment, id) references jobs (deployment, id) on delete cascade
        ){strict};

        create table deliveries (
            id text primary key,
            tenant text not null,
            kind text not null,
            url text not null,
            tries {int} not null,
            next_at {int} not null,
            created_at {int} not null,
            body {blob} not null
        ){strict};
        create index deliveries_by_time on deliveries (next_at);
        """);
}
