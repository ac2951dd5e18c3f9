namespace Rouse.Store.Migrations;

/// <summary>
/// Where webhooks go, and what is on its way there. An endpoint's row says when its next delivery is due, so what is claimed next is found by
/// looking at endpoints, not at deliveries: a hundred thousand that wait for a dead receiver are one row to pass over. Bodies lie beside the rows that
/// change with each try. <c>next_at</c> of a delivery is when it is due, until when it is held, or, once it has ended, when it goes.
/// </summary>
internal static class M0008_Webhooks
{
    public static Migration Migration { get; } = new(8, "webhooks", """
        create table webhook_endpoints (
            id text primary key,
            tenant text not null,
            kind text not null,
            url text not null,
            events text not null,
            wants_jobs {int} not null,
            description text,
            enabled {int} not null,
            disabled_because text,
            deleted {int} not null default 0,
            secret_version {int} not null default 0,
            old_secret_until {int},
            created_at {int} not null,
            updated_at {int} not null,
            next_at {int},
            is_full {int} not null default 0,
            failing {int} not null default 0,
            paused_until {int} not null default 0
        ){strict};
        create index webhook_endpoints_by_tenant on webhook_endpoints (tenant, kind, created_at, id);
        create unique index webhook_endpoints_by_url on webhook_endpoints (tenant, url) where kind <> 'jobs' and deleted = 0;
        create index webhook_endpoints_due on webhook_endpoints (failing, next_at) where next_at is not null;

        create table webhook_deliveries (
            endpoint text not null,
            message text not null,
            tenant text not null,
            type text not null,
            url text,
            state text not null,
            held_by text,
            tries {int} not null default 0,
            all_tries {int} not null default 0,
            next_at {int} not null,
            created_at {int} not null,
            tried_at {int},
            ended_at {int},
            status {int},
            failure text,
            primary key (endpoint, message)
        ){strict};
        create index webhook_deliveries_by_state on webhook_deliveries (endpoint, state, next_at);
        create index webhook_deliveries_by_age on webhook_deliveries (endpoint, created_at, message);
        create index webhook_deliveries_held on webhook_deliveries (held_by) where state = 'sending';
        create index webhook_deliveries_ended on webhook_deliveries (next_at) where state in ('delivered', 'dead');

        create table webhook_bodies (
            endpoint text not null,
            message text not null,
            body {blob} not null,
            primary key (endpoint, message),
            foreign key (endpoint, message) references webhook_deliveries (endpoint, message) on delete cascade
        ){strict};

        insert into webhook_endpoints (id, tenant, kind, url, events, wants_jobs, enabled, created_at, updated_at, next_at)
            select 'job:0:' || tenant, tenant, 'jobs', '', '*', 0, 1, min(created_at), min(created_at), 0 from deliveries group by tenant;
        insert into webhook_deliveries (endpoint, message, tenant, type, url, state, next_at, created_at)
            select 'job:0:' || tenant, replace(id, '.', '_'), tenant, kind, url, 'waiting', next_at, created_at from deliveries;
        insert into webhook_bodies (endpoint, message, body)
            select 'job:0:' || tenant, replace(id, '.', '_'), body from deliveries;
        drop table deliveries;
        """);
}
