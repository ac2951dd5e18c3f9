namespace Rouse.TestKit.WebUi;

/// <summary>The one job at a time of the WebUI, as <c>modules/shared_state.py</c> keeps it.</summary>
internal sealed class WebUiState
{
    private volatile TaskCompletionSource _interrupted = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Job { get; private set; } = "";

    /// <summary>0 while idle, −1 from a job's begin until it is known how many pictures it is.</summary>
    public int JobCount { get; private set; }

    public int JobNo { get; private set; }

    public int Step { get; private set; }

    public int Steps { get; private set; }

    public bool IsInterrupted => _interrupted.Task.IsCompleted;

    public Task Interruption => _interrupted.Task;

    public void Begin(string job)
    {
        (Job, JobCount, JobNo, Step, Steps) = (job, -1, 0, 0, 0);
        _interrupted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    public void Draw(int pictures, int steps) => (JobCount, Steps) = (pictures, steps);

    public void At(int picture, int step) => (JobNo, Step) = (picture, step);

    public void End() => (Job, JobCount) = ("", 0);

    public void Interrupt() => _interrupted.TrySetResult();
}
