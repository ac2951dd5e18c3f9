namespace Rouse.Store.Migrations;

internal static class M0001_Deployments
{
    public static Migration Migration { get; } = new(1, "deployments", """
        create table deployments (
            id text primary key,
            tenant text not null,
            spec text not null,
            model text not null,
            phase text not null,
            attempt {int} not null,
            attempt_at {int},
            outcome text not null,
            refusal_code text,
            refusal_message text,
            offer text,
            backend text,
            created_at {int} not null,
            deadline {int} not null,
            ready_at {int},
            first_ready_at {int},
            ended_at {int},
            released_at {int},
            error_code text,
            error_message text
        ){strict};
        create index deployments_by_tenant on deployments (tenant, created_at, id);
        create index deployments_active on deployments (id) where released_at is null or phase = 'Deleting';
        create index deployments_starts_by_model on deployments (model, first_ready_at) where first_ready_at is not null;
        create index deployments_starts on deployments (first_ready_at) where first_ready_at is not null;

        create table events (
            seq {serial},
            tenant text not null,
            deployment_id text not null references deployments (id),
            kind text not null,
            data text not null,
            at {int} not null
        ){strict};
        create index events_by_deployment on events (deployment_id, seq);
        create index events_by_kind on events (deployment_id, kind, seq);

        create table idempotency (
            tenant text not null,
            scope text not null,
            key text not null,
            fingerprint {blob} not null,
            status {int},
            body text,
            expires_at {int} not null,
            primary key (tenant, scope, key)
        ){strict};
        create index idempotency_by_expiry on idempotency (expires_at);

        create table inbox (
            source text not null,
            event_id text not null,
            at {int} not null,
            primary key (source, event_id)
        ){strict};
        create index inbox_by_age on inbox (at);

        create table leases (
            name text primary key,
            owner text not null,
            fence {int} not null,
            until {int} not null
        ){strict};

        create table secrets (
            tenant text not null,
            owner text not null,
            kind text not null,
            key_id text not null,
            ciphertext {blob} not null,
            created_at {int} not null,
            primary key (tenant, owner, kind)
        ){strict};

        create table settings (
            name text primary key,
            value text not null
        ){strict};
        """);
}
