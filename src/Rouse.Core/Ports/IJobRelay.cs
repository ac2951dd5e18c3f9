using Rouse.Core.Jobs;

namespace Rouse.Core.Ports;

/// <summary>
/// A provider's own queue. The workers of its backends take from it and not from ours (<see cref="ProviderTraits.HasOwnQueue"/>), so our jobs are
/// handed on to it and looked after until they end.
/// </summary>
/// <remarks>
/// Faults are thrown as <see cref="ProviderException"/>; anything else is a bug and counts as unknown. No provider takes an idempotency key
/// here, so a submission whose outcome is <see cref="ProviderFault.Unknown"/> may run twice when it is repeated.
/// </remarks>
public interface IJobRelay
{
    /// <summary>Hands a job on. <see cref="ProviderFault.Rejected"/> means that this job will never be taken; any other fault may pass.</summary>
    ValueTask<ProviderJobId> SubmitAsync(BackendId backend, HandedJob job, ProviderAccess access, CancellationToken ct);

    /// <summary>What the job has come to; null when the provider knows no such job, or no longer.</summary>
    ValueTask<JobSighting?> LookAsync(BackendId backend, ProviderJobId job, ProviderAccess access, CancellationToken ct);

    /// <summary>Cancels a job that waits or runs. One that is gone or has ended is left alone.</summary>
    ValueTask CancelAsync(BackendId backend, ProviderJobId job, ProviderAccess access, CancellationToken ct);
}

/// <summary>The provider's own id of a job. Opaque.</summary>
public readonly record struct ProviderJobId(string Value)
{
    public override string ToString() => Value;
}

/// <param name="Input">A JSON object in UTF-8; reaches the worker byte for byte.</param>
/// <param name="S3Config">The caller's, in clear, for the worker; null without one.</param>
/// <param name="Terms">With the time to live that is left of the caller's.</param>
public sealed record HandedJob(byte[] Input, byte[]? S3Config, JobTerms Terms);

/// <summary>A job as its provider shows it.</summary>
/// <param name="Output">JSON in UTF-8: the result, or the last progress of a running job.</param>
/// <param name="Error">Why it failed.</param>
/// <param name="Execution">How long its worker had it; null while it has not ended.</param>
public sealed record JobSighting(JobStatus Status, byte[]? Output = null, string? Error = null, TimeSpan? Execution = null);
