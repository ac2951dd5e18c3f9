using System.Text.Json;
using Dapper;
using Rouse.Core.Models;
using Rouse.Core.Ports;

namespace Rouse.Store.Jobs;

/// <summary>How long jobs took, over all tenants. They name no tenant.</summary>
public sealed class JobFigures(Database database)
{
    /// <summary>The newest deployments of a model that are asked: enough to know every kind of hardware in use.</summary>
    public const int Deployments = 50;

    /// <summary>The newest jobs that are looked at: enough for a median, few enough to follow a change.</summary>
    public const int Jobs = 200;

    /// <summary>Jobs of a model that succeeded and are still kept, newest first.</summary>
    public ValueTask<IReadOnlyList<JobTime>> TimesAsync(ModelRef model, CancellationToken ct) => database.ReadAsync<IReadOnlyList<JobTime>>(
        async connection =>
        {
            var rows = await connection.QueryAsync<TimeRow>(
                """
                select chosen.offer as offer, jobs.ended_at - jobs.taken_at as milliseconds
                from (
                    select id, offer from deployments
                    where first_ready_at is not null and offer is not null and model = @model
                    order by first_ready_at desc limit @deployments
                ) chosen
                join jobs on jobs.deployment = chosen.id
                where jobs.status = 'COMPLETED' and jobs.taken_at is not null
                order by jobs.ended_at desc limit @jobs
                """,
                new { model = model.ToString(), deployments = Deployments, jobs = Jobs });
            return [.. rows.Select(row => new JobTime(JsonSerializer.Deserialize(row.Offer, StoreJson.Default.Offer)!, TimeSpan.FromMilliseconds(row.Milliseconds)))];
        },
        ct);

    private sealed record TimeRow
    {
        public string Offer { get; init; } = "";

        public long Milliseconds { get; init; }
    }
}

/// <param name="Offer">What the job's deployment runs on.</param>
/// <param name="Took">From taken to ended.</param>
public sealed record JobTime(Offer Offer, TimeSpan Took);
