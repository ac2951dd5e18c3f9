namespace Rouse.Store.Migrations;

/// <summary>How much of each deployment's history an outside mirror has.</summary>
internal static class M0007_Mirror
{
    public static Migration Migration { get; } = new(7, "mirror", """
        create table mirrored (
            deployment_id text primary key references deployments (id),
            seq {int} not null
        ){strict};
        """);
}
