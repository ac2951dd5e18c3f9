namespace Rouse.FakeRunpod.Jobs;

internal enum JobStatus
{
    InQueue,
    InProgress,
    Completed,
    Failed,
    Cancelled,
    TimedOut,
}
