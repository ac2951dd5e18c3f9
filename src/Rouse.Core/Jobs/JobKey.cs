namespace Rouse.Core.Jobs;

/// <summary>What makes repeating a submission harmless: within 24 h the same key with the same body means the same job.</summary>
/// <param name="Scope">The operation and its deployment: one key may serve several.</param>
/// <param name="Key">The caller's, at most 255 characters.</param>
/// <param name="Fingerprint">SHA-256 of the body.</param>
public sealed record JobKey(string Scope, string Key, byte[] Fingerprint);

/// <summary>What a submission came to.</summary>
public abstract record Submission
{
    private Submission()
    {
    }

    /// <summary>The job is durable and waits.</summary>
    public sealed record Queued : Submission
    {
        public static Queued Instance { get; } = new();
    }

    /// <summary>Its key made this job before; nothing was queued. The job may be gone by now.</summary>
    public sealed record Repeats(JobId Job) : Submission;

    /// <summary><see cref="NewJob.MaxWaiting"/> wait already; nothing was queued.</summary>
    public sealed record Full : Submission;

    /// <summary>Its key was used with another body; nothing was queued.</summary>
    public sealed record OtherBody : Submission;
}
