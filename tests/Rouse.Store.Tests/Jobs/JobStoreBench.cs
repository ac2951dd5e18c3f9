using System.Security.Cryptography;
using System.Text;
using Rouse.Core;
using Rouse.Core.Deployments;
using Rouse.Core.Jobs;
using Rouse.Core.Tenancy;
using Rouse.Store.Jobs;
using Rouse.Store.Webhooks;
using Rouse.TestKit.Time;

namespace Rouse.Store.Tests.Jobs;

/// <summary>A job store on one database, one deployment of its own, a clock that stands still.</summary>
internal sealed class JobStoreBench
{
    public JobStoreBench(Database database, JobLimits? limits = null)
    {
        Limits = limits ?? new JobLimits();
        Store = new JobStore(database, Limits, Time);
        Deliveries = new DeliveryQueue(database, Time, "bench");
    }

    public JobLimits Limits { get; }

    // Far from the other tests' clocks: a sweep sees the jobs of all deployments.
    public ManualTime Time { get; } = new(DateTimeOffset.UnixEpoch.AddYears(30 + RandomNumberGenerator.GetInt32(60)));

    public JobStore Store { get; }

    public DeliveryQueue Deliveries { get; }

    public DeploymentId Deployment { get; } = DeploymentId.FromRandom(RandomNumberGenerator.GetBytes(Ids.RandomBytes));

    /// <summary>At a host that no other test tells anything.</summary>
    public string Webhook => $"http://{Deployment.Bare}/hook";

    public async Task<JobId> SubmitAsync(string input = """{"a":1}""", JobTerms? terms = null, string? webhook = null, byte[]? s3 = null)
    {
        var id = JobId.New(Time.GetUtcNow(), RandomNumberGenerator.GetBytes(JobId.RandomBytes), sync: false);
        var job = new NewJob(TenantId.Parse("acme"), Deployment, id, Encoding.UTF8.GetBytes(input), s3, webhook, terms ?? JobTerms.Default);
        await Store.SubmitAsync(job, default);
        return id;
    }

    public ValueTask<IReadOnlyList<TakenJob>> TakeAsync(string worker = "w1", int most = 1) => Store.TakeAsync(Deployment, worker, most, default);

    public async Task<JobId> SubmitAndTakeAsync(string worker = "w1", JobTerms? terms = null, string? webhook = null)
    {
        var id = await SubmitAsync(terms: terms, webhook: webhook);
        Assert.Equal(id, Assert.Single(await TakeAsync(worker)).Id);
        return id;
    }

    public ValueTask<JobChange?> FinishAsync(JobId id, string? output = "1", string? error = null, string worker = "w1") =>
        Store.FinishAsync(Deployment, id, new JobResult(worker, output is null ? null : Encoding.UTF8.GetBytes(output), error), default);

    public async Task<JobStatus?> StatusAsync(JobId id) => (await Store.GetAsync(Deployment, id, default))?.Status;

    /// <summary>Moves the clock and sweeps; answers what became of this deployment's jobs.</summary>
    public async Task<List<JobChange>> SweepAfterAsync(TimeSpan time)
    {
        Time.Advance(time);
        var mine = new List<JobChange>();
        while (await Store.SweepAsync(default) is { Count: > 0 } swept) mine.AddRange(swept.Where(change => change.Deployment == Deployment));
        return mine;
    }
}
