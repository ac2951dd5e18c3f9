namespace Rouse.Providers.Runpod;

/// <summary>Where Runpod's job plane is, and its bounds. Sizes in bytes.</summary>
public sealed record RunpodJobsOptions
{
    /// <summary>Jobs go to <c>{base}/{endpoint}/run</c>: <see cref="RunpodOptions.JobBaseAddress"/>.</summary>
    public Uri BaseAddress { get; init; } = new("https://api.runpod.ai/v2");

    /// <summary>From sending a request to its answer's last byte: 20 MB on a slow line. Within the 30 s that callers give us.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(25);

    /// <summary>Body of one <c>/run</c>; Runpod's limit (docs.runpod.io, serverless/endpoints/operation-reference).</summary>
    public int MaxBody { get; init; } = 10 * 1024 * 1024;

    /// <summary>What of <see cref="MaxBody"/> is left to a job: 1 KiB is for its policy and the names around it.</summary>
    public int MaxJob => MaxBody - 1024;

    /// <summary>A result; Runpod's limit for what a job may answer. A larger one ends the job FAILED.</summary>
    public int MaxResult { get; init; } = 20 * 1024 * 1024;
}
