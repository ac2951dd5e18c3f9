namespace Rouse.Store.Migrations;

/// <summary>
/// What is put away and brought back: the intents of stops and wakes, how long wakes took, and when each replica last had something under way for a
/// deployment (<c>last_at</c>), or has for now (<c>busy_until</c>, renewed while it lasts).
/// </summary>
internal static class M0015_Waking
{
    public static Migration Migration { get; } = new(15, "waking", """
        alter table deployments add column stop_at {int};
        alter table deployments add column wake_at {int};
        alter table deployments add column wakes {int} not null default 0;
        alter table deployments add column stay_with text;

        create table wakes (
            deployment_id text not null references deployments (id),
            at {int} not null,
            milliseconds {int} not null,
            primary key (deployment_id, at)
        ){strict};

        create table deployment_activity (
            deployment_id text not null references deployments (id),
            replica text not null,
            last_at {int} not null,
            busy_until {int} not null,
            primary key (deployment_id, replica)
        ){strict};
        """);
}
