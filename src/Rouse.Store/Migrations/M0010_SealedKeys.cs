namespace Rouse.Store.Migrations;

/// <summary>The ring of keys that seal what tenants entrust, and the installation's own: each sealed with the operator's master key.</summary>
internal static class M0010_SealedKeys
{
    public static Migration Migration { get; } = new(10, "sealed keys", """
        create table sealed_keys (
            name text primary key,
            master_key_id text not null,
            sealed {blob} not null,
            created_at {int} not null
        ){strict};
        create index secrets_by_key on secrets (key_id, tenant, owner, kind);
        """);
}
