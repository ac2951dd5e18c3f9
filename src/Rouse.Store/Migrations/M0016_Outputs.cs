namespace Rouse.Store.Migrations;

/// <summary>
/// What jobs made and is kept beside their answers. The row is there before the first byte: <c>state</c> is Waiting until all of it lies at its place, and Removing from when nobody
/// may have it any more until it is gone.
/// </summary>
internal static class M0016_Outputs
{
    public static Migration Migration { get; } = new(16, "outputs", """
        create table job_outputs (
            deployment text not null,
            name text not null,
            tenant text not null,
            bytes {int} not null,
            place text not null,
            state text not null,
            drop_at {int} not null,
            primary key (deployment, name)
        ){strict};
        create index job_outputs_by_end on job_outputs (drop_at);
        create index job_outputs_by_tenant on job_outputs (tenant);
        """);
}
