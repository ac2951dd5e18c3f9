using System.Runtime.InteropServices;

namespace Rouse.Worker.Lifetime;

/// <summary>
/// The one place that ends a worker. Draining: no further job is taken, the running one ends. Aborting: the running one is dropped too. Forgetting: so is what was
/// made and not yet told. The first reason wins.
/// </summary>
internal sealed class Shutdown : IDisposable
{
    private readonly CancellationTokenSource _drain = new();
    private readonly CancellationTokenSource _abort = new();
    private readonly CancellationTokenSource _forget = new();
    private readonly List<PosixSignalRegistration> _signals = [];
    private StopReason? _reason;

    public CancellationToken Draining => _drain.Token;

    public CancellationToken Aborting => _abort.Token;

    public CancellationToken Forgetting => _forget.Token;

    public StopReason? Reason => _reason;

    public ExitCode ExitCode => _reason?.Code ?? ExitCode.Clean;

    /// <summary>SIGTERM and SIGINT drain; a second one aborts.</summary>
    public void ListenToSignals()
    {
        foreach (var signal in new[] { PosixSignal.SIGTERM, PosixSignal.SIGINT })
        {
            _signals.Add(PosixSignalRegistration.Create(signal, context =>
            {
                context.Cancel = true;
                Request(_drain.IsCancellationRequested ? StopReason.AskedTwice : StopReason.Asked);
            }));
        }
    }

    public void Request(StopReason reason)
    {
        Interlocked.CompareExchange(ref _reason, reason, null);
        if (reason.DropsResults) _forget.Cancel();
        if (reason.DropsRunningJob) _abort.Cancel();
        _drain.Cancel();
    }

    public void Dispose()
    {
        foreach (var signal in _signals) signal.Dispose();
        _drain.Dispose();
        _abort.Dispose();
        _forget.Dispose();
    }
}

/// <param name="DropsRunningJob">It is not wanted any more, or cannot come to an end here.</param>
/// <param name="DropsResults">Nobody wants, or could be given, what is made already.</param>
internal sealed record StopReason(ExitCode Code, string Message, bool DropsRunningJob, bool DropsResults)
{
    public static readonly StopReason Asked = new(ExitCode.Clean, "Asked to stop: finishing the running job first.", DropsRunningJob: false, DropsResults: false);
    public static readonly StopReason AskedTwice = new(ExitCode.Clean, "Asked to stop twice: dropping the running job.", DropsRunningJob: true, DropsResults: true);
    public static readonly StopReason GivenUp = new(ExitCode.Clean, "The control plane has given this attempt up.", DropsRunningJob: true, DropsResults: true);
    public static readonly StopReason Silence = new(ExitCode.Clean, "No server has answered for too long.", DropsRunningJob: true, DropsResults: true);
    public static readonly StopReason EngineBroken = new(ExitCode.BrokenMachine, "The engine failed several jobs in a row.", DropsRunningJob: true, DropsResults: false);
}
