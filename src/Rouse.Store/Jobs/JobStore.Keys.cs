using System.Data.Common;
using System.Diagnostics;
using Rouse.Core.Jobs;
using Rouse.Core.Tenancy;
using Rouse.Store.Idempotency;

namespace Rouse.Store.Jobs;

/// <content>What callers' keys mean. A key and its job are one transaction; the recorded reply is the job's id, for its status moves on.</content>
public sealed partial class JobStore
{
    private const int Ok = 200;

    public ValueTask<Submission?> FindAsync(TenantId tenant, JobKey key, CancellationToken ct) => database.ReadAsync(
        async connection => Meaning(await IdempotencyStore.FindAsync(connection, tenant, Stored(key), Now())), ct);

    /// <summary>Null when the key is this job's now.</summary>
    private static async ValueTask<Submission?> RecordAsync(DbConnection connection, NewJob job, JobKey key, long now) =>
        Meaning(await IdempotencyStore.RecordAsync(connection, job.Tenant, new RecordedReply(Stored(key), Ok, job.Id.Value), now));

    private static IdempotencyKey Stored(JobKey key) => new(key.Scope, key.Key, key.Fingerprint);

    private static Submission? Meaning(IdempotencyOutcome outcome) => outcome switch
    {
        IdempotencyOutcome.Fresh => null,
        IdempotencyOutcome.Replay first => new Submission.Repeats(JobId.Parse(first.Body)),
        IdempotencyOutcome.Conflict => new Submission.OtherBody(),
        _ => throw new UnreachableException("A job's key is recorded with its job, never before."),
    };
}
