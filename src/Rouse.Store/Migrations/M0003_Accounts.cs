namespace Rouse.Store.Migrations;

/// <summary>
/// What paid providers need: whose account a deployment is on, what its model needs, which offers were asked, what it waits for. <c>warm_key</c> is
/// equal for deployments that one backend can serve; <c>backend</c> is searched for when one of those ends.
/// </summary>
internal static class M0003_Accounts
{
    public static Migration Migration { get; } = new(3, "accounts", """
        alter table deployments add column provider text not null default 'local';
        alter table deployments add column account text;
        alter table deployments add column vram_gb {int};
        alter table deployments add column tried text;
        alter table deployments add column waiting_code text;
        alter table deployments add column waiting_message text;
        alter table deployments add column warm_key text;
        create index deployments_warm on deployments (tenant, warm_key) where phase = 'Ready' and warm_key is not null;
        create index deployments_by_backend on deployments (tenant, backend) where backend is not null;
        """);
}
