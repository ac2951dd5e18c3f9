using Rouse.Contracts.Jobs;

namespace Rouse.Cli.Commands.Jobs;

/// <summary>Where a job is, for whoever shows it.</summary>
/// <param name="Waiting">While it is queued: what the workers are doing, in words.</param>
internal sealed record JobNews(JobView Job, string? Waiting);
