namespace Rouse.FakeRunpod.Jobs;

internal static class Pause
{
    /// <summary>Whether the task completed before the token was cancelled.</summary>
    public static async Task<bool> UntilAsync(Task task, CancellationToken ct)
    {
        try
        {
            await task.WaitAsync(ct);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
