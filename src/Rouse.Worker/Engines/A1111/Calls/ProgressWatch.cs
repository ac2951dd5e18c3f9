using Rouse.Worker.Lifetime;

namespace Rouse.Worker.Engines.A1111.Calls;

/// <summary>Tells how far the WebUI is with a job, by asking now and then while its answer is waited for.</summary>
internal sealed class ProgressWatch : IAsyncDisposable
{
    /// <summary>Each ask takes the WebUI's Python from its work for a moment. A job shorter than this is never asked about.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _ending = new();
    private readonly Task _asking;

    public ProgressWatch(WebUiClient webui, Action<EngineProgress> tell, Clock clock) => _asking = AskAsync(webui, tell, clock);

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _asking;
        _ending.Dispose();
    }

    private async Task AskAsync(WebUiClient webui, Action<EngineProgress> tell, Clock clock)
    {
        try
        {
            while (true)
            {
                await Task.Delay(Interval, clock.Time, _ending.Token);
                if (await WebUiStatus.AskAsync(webui, _ending.Token) is { IsBusy: true, Steps: > 0 } status)
                    tell(new EngineProgress(EngineProgress.Inference, status.Step, status.Steps));
            }
        }
        catch (OperationCanceledException) when (_ending.IsCancellationRequested)
        {
            // The answer is there.
        }
    }
}
