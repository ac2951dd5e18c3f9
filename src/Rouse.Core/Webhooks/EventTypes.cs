using Rouse.Core.Deployments;
using Rouse.Core.Jobs;

namespace Rouse.Core.Webhooks;

/// <summary>What webhooks tell of, in the words of the Standard Webhooks specification: <c>noun.verb</c>. One change is one event of one type.</summary>
public static class EventTypes
{
    public const string Ready = "deployment.ready";
    public const string Failed = "deployment.failed";
    public const string Deleted = "deployment.deleted";

    /// <summary>Every other change of phase, and another attempt.</summary>
    public const string PhaseChanged = "deployment.phase_changed";
    public const string JobCompleted = "job.completed";
    public const string JobFailed = "job.failed";
    public const string JobCancelled = "job.cancelled";
    public const string JobTimedOut = "job.timed_out";

    /// <summary>Sent when its owner asks for it, whatever the filter says.</summary>
    public const string Test = "webhook.test";

    /// <summary>What can be asked for.</summary>
    public static IReadOnlyList<string> All { get; } = [Ready, Failed, Deleted, PhaseChanged, JobCompleted, JobFailed, JobCancelled, JobTimedOut];

    public static string Of(Phase phase) => phase switch
    {
        Phase.Ready => Ready,
        Phase.Failed => Failed,
        Phase.Deleted => Deleted,
        _ => PhaseChanged,
    };

    /// <param name="status">One that has ended.</param>
    public static string Of(JobStatus status) => status switch
    {
        JobStatus.Completed => JobCompleted,
        JobStatus.Cancelled => JobCancelled,
        JobStatus.TimedOut => JobTimedOut,
        _ => JobFailed,
    };
}
