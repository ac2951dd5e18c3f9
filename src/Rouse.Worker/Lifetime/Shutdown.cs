using System.Runtime.InteropServices;

namespace Rouse.Worker.Lifetime;

/// <summary>
/// The one place that ends a worker. Draining: no further job is taken, the running one ends. Aborting: the running one is dropped too.
/// The first reason wins.
/// </summary>
internal sealed class Shutdown : IDisposable
{
    private readonly CancellationTokenSource _drain = new();
    private readonly CancellationTokenSource _abort = new();
    private readonly List<PosixSignalRegistration> _signals = [];
    private StopReason? _reason;

    public CancellationToken Draining => _drain.Token;

    public CancellationToken Aborting => _abort.Token;

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
        if (reason.DropsRunningJob) _abort.Cancel();
        _drain.Cancel();
    }

    public void Dispose()
    {
        foreach (var signal in _signals) signal.Dispose();
        _drain.Dispose();
        _abort.Dispose();
    }
}

/// <param name="DropsRunningJob">Nobody wants, or could be given, its result.</param>
internal sealed record StopReason(ExitCode Code, string Message, bool DropsRunningJob)
{
    public static readonly StopReason Asked = new(ExitCode.Clean, "Asked to stop: finishing the running job first.", DropsRunningJob: false);
    public static readonly StopReason AskedTwice = new(ExitCode.Clean, "Asked to stop twice: dropping the running job.", DropsRunningJob: true);
    public static readonly StopReason GivenUp = new(ExitCode.Clean, "The control plane has given this attempt up.", DropsRunningJob: true);
    public static readonly StopReason Silence = new(ExitCode.Clean, "No server has answered for too long.", DropsRunningJob: true);
    public static readonly StopReason EngineBroken = new(ExitCode.BrokenMachine, "The engine failed several jobs in a row.", DropsRunningJob: true);
}
