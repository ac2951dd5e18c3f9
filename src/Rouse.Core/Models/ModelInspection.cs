using Rouse.Core.Deployments;

namespace Rouse.Core.Models;

/// <summary>What a look at a model before spending anything told: what it needs, or why it cannot be deployed.</summary>
/// <param name="VramGb">GPU memory it needs, in GB; meaningless with a fault.</param>
/// <param name="Commit">What its revision was at that time, where the source has commits.</param>
public sealed record ModelInspection(int VramGb, string? Commit = null)
{
    /// <summary>What serves it, of the engines that were asked about; null where it was not looked at.</summary>
    public WorkerEngine? Engine { get; init; }

    /// <summary>Null when it can be deployed.</summary>
    public FailureCause? Fault { get; private init; }

    /// <summary>The fault may pass: ask again.</summary>
    public bool Retryable { get; private init; }

    public static ModelInspection Failed(FailureCause fault, bool retryable) => new(0) { Fault = fault, Retryable = retryable };
}
