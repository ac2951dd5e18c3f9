using Dapper;
using Rouse.Core.Deployments;
using Rouse.Core.Tenancy;

namespace Rouse.Store.Outputs;

/// <summary>What is kept of what jobs made, where, and until when.</summary>
public sealed class JobOutputStore(Database database, TimeProvider time)
{
    private const string Columns = "select deployment, name, tenant, bytes, place, state from job_outputs";

    /// <summary>Null when there is none, or it is being removed.</summary>
    public ValueTask<JobOutput?> FindAsync(DeploymentId deployment, string name, CancellationToken ct) => database.ReadAsync(async connection =>
        (await connection.QuerySingleOrDefaultAsync<Row>(
            $"{Columns} where deployment = @Deployment and name = @Name and state <> 'Removing'", new { Deployment = deployment.Value, Name = name }))?.ToOutput(), ct);

    /// <summary>Notes what is about to be stored. What is noted already is kept longer.</summary>
    /// <param name="until">When it is given up, unless it is <see cref="StoredAsync"/> by then.</param>
    /// <param name="most">Bytes of all that is kept.</param>
    /// <param name="mostOfTenant">Bytes of all that is kept of this tenant.</param>
    /// <param name="isLost">It is noted as stored and was found not to be at its place. Otherwise what is stored stays so, whoever announces it again.</param>
    public ValueTask<OutputRoom> BeginAsync(JobOutput output, DateTimeOffset until, long most, long mostOfTenant, bool isLost, CancellationToken ct) => database.WriteAsync(async connection =>
    {
        var args = new
        {
            Deployment = output.Deployment.Value, output.Name, Tenant = output.Tenant.Value, output.Bytes, output.Place, Until = UnixTime.To(until), IsLost = isLost ? 1 : 0,
        };
        // Of the others: what is asked for twice takes its room once. Two servers may both find the last of it free; the bound is one of order, not of safety.
        var kept = await connection.QuerySingleAsync<Sums>("""
            select coalesce(sum(bytes), 0) as all_bytes, coalesce(sum(case when tenant = @Tenant then bytes else 0 end), 0) as own_bytes
            from job_outputs where not (deployment = @Deployment and name = @Name)
            """, args);
        if (kept.AllBytes + output.Bytes > most || kept.OwnBytes + output.Bytes > mostOfTenant) return OutputRoom.Full;
        var noted = await connection.ExecuteAsync("""
            insert into job_outputs (deployment, name, tenant, bytes, place, state, drop_at) values (@Deployment, @Name, @Tenant, @Bytes, @Place, 'Waiting', @Until)
            on conflict (deployment, name) do update set state = 'Waiting', place = excluded.place, bytes = excluded.bytes, drop_at = excluded.drop_at
            where job_outputs.state = 'Waiting' or (job_outputs.state = 'Stored' and @IsLost = 1)
            """, args);
        return noted == 1 ? OutputRoom.Made : OutputRoom.Busy;
    }, ct);

    /// <summary>All of it is there, and stays until then.</summary>
    /// <returns>False when it is not noted any more.</returns>
    public ValueTask<bool> StoredAsync(DeploymentId deployment, string name, DateTimeOffset until, CancellationToken ct) => database.WriteAsync(async connection =>
        await connection.ExecuteAsync(
            "update job_outputs set state = 'Stored', drop_at = @Until where deployment = @Deployment and name = @Name and state <> 'Removing'",
            new { Deployment = deployment.Value, Name = name, Until = UnixTime.To(until) }) == 1, ct);

    /// <summary>Those whose time is over, from now on nobody's: who removes them is sure that nobody is told of them meanwhile.</summary>
    public ValueTask<IReadOnlyList<JobOutput>> TakeEndedAsync(int limit, CancellationToken ct) => database.WriteAsync<IReadOnlyList<JobOutput>>(async connection =>
    {
        var now = time.UnixNow();
        var ended = (await connection.QueryAsync<Row>($"{Columns} where drop_at <= @now order by drop_at limit @limit{database.Dialect.ForUpdateSkipLocked()}", new { now, limit })).ToList();
        foreach (var row in ended)
        {
            await connection.ExecuteAsync("update job_outputs set state = 'Removing' where deployment = @Deployment and name = @Name", new { row.Deployment, row.Name });
        }

        return [.. ended.Select(static row => row.ToOutput())];
    }, ct);

    /// <summary>It is gone from its place.</summary>
    public async ValueTask ForgetAsync(DeploymentId deployment, string name, CancellationToken ct) => await database.WriteAsync(async connection =>
        await connection.ExecuteAsync("delete from job_outputs where deployment = @Deployment and name = @Name and state = 'Removing'", new { Deployment = deployment.Value, Name = name }), ct);

    /// <summary>Those of the files, named <c>deployment.name</c>, that a row names.</summary>
    public ValueTask<IReadOnlySet<string>> InUseAsync(IReadOnlyList<string> files, CancellationToken ct) => database.ReadAsync<IReadOnlySet<string>>(async connection =>
    {
        var parts = files.Select(static file => file.Split('.', 2)).Where(static part => part.Length == 2).ToList();
        var found = await connection.QueryAsync<string>(
            $"select deployment || '.' || name from job_outputs where {database.Dialect.In("deployment", "Deployments")} and {database.Dialect.In("name", "Names")}",
            new { Deployments = parts.Select(static part => part[0]).Distinct(StringComparer.Ordinal).ToArray(), Names = parts.Select(static part => part[1]).Distinct(StringComparer.Ordinal).ToArray() });
        return found.ToHashSet(StringComparer.Ordinal);
    }, ct);

    private sealed class Sums
    {
        public long AllBytes { get; set; }
        public long OwnBytes { get; set; }
    }

    private sealed class Row
    {
        public string Deployment { get; set; } = "";
        public string Name { get; set; } = "";
        public string Tenant { get; set; } = "";
        public long Bytes { get; set; }
        public string Place { get; set; } = "";
        public string State { get; set; } = "";

        public JobOutput ToOutput() => new(TenantId.Parse(Tenant), DeploymentId.Parse(Deployment), Name, Bytes, Place) { IsStored = State == "Stored" };
    }
}
