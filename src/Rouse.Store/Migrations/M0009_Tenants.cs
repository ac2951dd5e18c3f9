namespace Rouse.Store.Migrations;

/// <summary>
/// Who may call. Of keys only a keyed digest is here. <c>hash8</c> stands for the tenant in names at providers, so no two tenants may have the same:
/// one would take the other's backends for its own.
/// </summary>
internal static class M0009_Tenants
{
    public static Migration Migration { get; } = new(9, "tenants", """
        create table tenants (
            id text primary key,
            hash8 text not null unique,
            kind text not null,
            home text,
            created_at {int} not null,
            disabled_at {int}
        ){strict};

        create table api_keys (
            id text primary key,
            tenant text not null references tenants (id),
            name text not null,
            scopes text not null,
            digest {blob} not null,
            hint text not null,
            created_at {int} not null,
            expires_at {int},
            revoked_at {int},
            used_at {int}
        ){strict};
        create index api_keys_by_tenant on api_keys (tenant, created_at, id);

        create table provider_accounts (
            name text primary key,
            provider text not null,
            tenant text not null references tenants (id),
            created_at {int} not null
        ){strict};

        create table identities (
            id text primary key,
            provider text not null,
            tenant text not null references tenants (id),
            account text not null references provider_accounts (name),
            name text not null,
            digest {blob} not null unique,
            hint text not null,
            created_at {int} not null,
            revoked_at {int},
            used_at {int}
        ){strict};
        create index identities_by_tenant on identities (tenant, created_at, id);
        """);
}
