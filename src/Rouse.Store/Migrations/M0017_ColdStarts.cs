namespace Rouse.Store.Migrations;

/// <summary>What the parts of the newest start of each attempt took, in milliseconds, as its worker measured them.</summary>
internal static class M0017_ColdStarts
{
    public static Migration Migration { get; } = new(17, "cold starts", """
        create table cold_starts (
            deployment_id text not null references deployments (id),
            attempt {int} not null,
            at {int} not null,
            downloading {int},
            loading {int},
            warming {int},
            weights_from text,
            bytes {int},
            primary key (deployment_id, attempt)
        ){strict};
        """);
}
