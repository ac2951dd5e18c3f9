namespace Rouse.Store.Migrations;

/// <summary>
/// What lies in object stores, is to be put there or to be removed, one row for each stay of a model's commit at a place: a removed one keeps its row,
/// because what it cost stays. <c>tenant</c> is empty for the operator's own. <c>cache_files</c> is the journal of a fill.
/// </summary>
internal static class M0011_Cache
{
    public static Migration Migration { get; } = new(11, "cache", """
        create table cache_entries (
            id text primary key,
            tenant text not null,
            deployment text references deployments (id),
            root text not null,
            place text not null,
            location text not null,
            model text not null,
            revision text not null,
            commit_id text not null,
            state text not null,
            next_at {int} not null,
            tries {int} not null default 0,
            failure text,
            files {int} not null default 0,
            bytes {int} not null default 0,
            vram_gb {int} not null,
            manifest text,
            stored_at {int},
            removed_at {int},
            writes {int} not null default 0,
            reads {int} not null default 0
        ){strict};
        create unique index cache_entries_place on cache_entries (tenant, place) where state <> 'Removed';
        create index cache_entries_due on cache_entries (next_at) where state in ('Wanted', 'Removing');
        create index cache_entries_by_deployment on cache_entries (deployment) where deployment is not null;
        create index cache_entries_by_model on cache_entries (tenant, root, model, revision);

        create table cache_files (
            entry text not null references cache_entries (id) on delete cascade,
            path text not null,
            size {int} not null,
            etag text not null,
            sha256 text not null,
            primary key (entry, path)
        ){strict};

        create table cache_uses (
            deployment text primary key references deployments (id),
            hits {int} not null,
            misses {int} not null,
            reads {int} not null,
            bytes {int} not null
        ){strict};
        """);
}
