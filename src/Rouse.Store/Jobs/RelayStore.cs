using Dapper;
using Rouse.Core.Deployments;
using Rouse.Core.Jobs;
using Rouse.Core.Ports;

namespace Rouse.Store.Jobs;

/// <summary>A job that lies in a provider's own queue.</summary>
/// <param name="Relay">Who holds, or held, it in ours.</param>
/// <param name="Attempt">Of the deployment, when the job was handed on.</param>
/// <param name="Backend">Whose queue it lies in.</param>
public sealed record RelayedJob(DeploymentId Deployment, JobId Job, string Relay, int Attempt, BackendId Backend, ProviderJobId ProviderJob, DateTimeOffset SubmittedAt)
{
    /// <summary>False: it has ended here, or was given to another, and the provider is still to be told.</summary>
    public bool IsHeld { get; init; } = true;

    /// <summary>A worker of the provider's was seen with it.</summary>
    public bool Began { get; init; }
}

/// <summary>Under which id a provider knows the jobs that were handed on to it: what a restarted server follows on, instead of submitting anew.</summary>
public sealed class RelayStore(Database database, TimeProvider time)
{
    /// <summary>False, and nothing written, when the relay does not hold the job any more: it has been cancelled or has run out of time.</summary>
    public ValueTask<bool> RecordAsync(RelayedJob job, CancellationToken ct)
    {
        var args = new
        {
            Deployment = job.Deployment.Value,
            Job = job.Job.Value,
            job.Relay,
            job.Attempt,
            Backend = job.Backend.Value,
            ProviderJob = job.ProviderJob.Value,
            SubmittedAt = UnixTime.To(job.SubmittedAt),
        };
        return database.WriteAsync(async connection => await connection.ExecuteAsync("""
            insert into relayed_jobs (deployment, job, relay, attempt, backend, provider_job, submitted_at, queued_at, tries)
            select deployment, id, @Relay, @Attempt, @Backend, @ProviderJob, @SubmittedAt, queued_at, tries from jobs
            where deployment = @Deployment and id = @Job and worker = @Relay and status = 'IN_PROGRESS'
            on conflict (deployment, job) do update set relay = excluded.relay, attempt = excluded.attempt, backend = excluded.backend,
                provider_job = excluded.provider_job, submitted_at = excluded.submitted_at, queued_at = excluded.queued_at, tries = excluded.tries
            """, args) == 1, ct);
    }

    /// <summary>What lies with providers, of all deployments.</summary>
    public ValueTask<IReadOnlyList<RelayedJob>> ListAsync(CancellationToken ct) => database.ReadAsync<IReadOnlyList<RelayedJob>>(
        async connection => [.. (await connection.QueryAsync<Row>("""
            select r.deployment, r.job, r.relay, r.attempt, r.backend, r.provider_job, r.submitted_at, j.taken_at,
                case when j.status = 'IN_PROGRESS' and j.worker = r.relay and j.queued_at = r.queued_at and j.tries = r.tries and j.drop_at > @Now
                    then 1 else 0 end as held
            from relayed_jobs r join jobs j on j.deployment = r.deployment and j.id = r.job
            """, new { Now = time.UnixNow() })).Select(row => row.ToJob())], ct);

    /// <summary>There is nothing left to follow. Should the job have been handed on again meanwhile, that stays.</summary>
    public async ValueTask RemoveAsync(RelayedJob job, CancellationToken ct)
    {
        var args = new { Deployment = job.Deployment.Value, Job = job.Job.Value, ProviderJob = job.ProviderJob.Value };
        await database.WriteAsync(async connection => await connection.ExecuteAsync(
            "delete from relayed_jobs where deployment = @Deployment and job = @Job and provider_job = @ProviderJob", args), ct);
    }

    private sealed class Row
    {
        public string Deployment { get; set; } = "";
        public string Job { get; set; } = "";
        public string Relay { get; set; } = "";
        public long Attempt { get; set; }
        public string Backend { get; set; } = "";
        public string ProviderJob { get; set; } = "";
        public long SubmittedAt { get; set; }
        public long? TakenAt { get; set; }
        public long Held { get; set; }

        public RelayedJob ToJob() => new(
            DeploymentId.Parse(Deployment), JobId.Parse(Job), Relay, (int)Attempt, new BackendId(Backend), new ProviderJobId(ProviderJob),
            UnixTime.From(SubmittedAt))
        {
            IsHeld = Held == 1,
            Began = TakenAt is not null,
        };
    }
}
