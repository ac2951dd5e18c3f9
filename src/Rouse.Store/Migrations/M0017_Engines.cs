namespace Rouse.Store.Migrations;

/// <summary>What runs a deployment's workers (null where that was not chosen), and what the parts of the newest start of each attempt took, in milliseconds, as its worker measured them.</summary>
internal static class M0017_Engines
{
    public static Migration Migration { get; } = new(17, "engines and cold starts", """
        alter table deployments add column engine text;

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
