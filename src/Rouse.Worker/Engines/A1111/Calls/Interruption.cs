using Rouse.Worker.Lifetime;
using Rouse.Worker.Reports;

namespace Rouse.Worker.Engines.A1111.Calls;

/// <summary>
/// Ends what the WebUI works on. Closing the connection does not: it would go on drawing a picture that nobody wants, and the next job would wait behind
/// it. So it is told, and looked at until it is idle.
/// </summary>
internal sealed class Interruption(WebUiClient webui, WorkerLog log, Clock clock)
{
    /// <summary>The WebUI ends within one step, and a step of the slowest sampler at 2048 × 2048 takes seconds.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    /// <summary>Looks between two requests to end: one that came before the WebUI had begun is forgotten by it.</summary>
    private const int LooksPerRequest = 5;

    /// <summary>Looks in a row that must find it idle: a request on its way to a thread does not show at first.</summary>
    private const int IdleLooks = 2;

    /// <summary>Never throws; what comes of it is logged. Takes no token: who interrupts has been cancelled already.</summary>
    public async Task RunAsync(string job, string why)
    {
        using var limit = new CancellationTokenSource(Patience, clock.Time);
        try
        {
            var idle = 0;
            for (var look = 0; idle < IdleLooks; look++)
            {
                if (look % LooksPerRequest == 0) await webui.LookAsync(HttpMethod.Post, "interrupt", limit.Token);
                if (await WebUiStatus.AskAsync(webui, limit.Token) is not { } status)
                {
                    log.Warning($"Job {job} was to be interrupted ({why}), but the WebUI does not answer.");
                    return;
                }

                idle = status.IsBusy ? 0 : idle + 1;
                if (idle < IdleLooks) await Task.Delay(Interval, clock.Time, limit.Token);
            }

            log.Info($"Job {job} was interrupted in the WebUI ({why}).");
        }
        catch (OperationCanceledException)
        {
            log.Warning($"Job {job} was to be interrupted ({why}), but the WebUI was still at work {Patience.TotalSeconds:0} s later: the next job waits behind it.");
        }
    }
}
