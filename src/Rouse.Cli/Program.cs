using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Rouse.Cli;

// The composition root: the one place that knows the real clock, console, randomness and signals.
using var interrupted = new CancellationTokenSource();
using var onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Interrupt);
using var onTerminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Interrupt);
using var onHangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Interrupt);

return await RouseProgram.RunAsync(args, RealHost(), interrupted.Token);

// The first signal ends in good order; a second one ends at once, by its default.
void Interrupt(PosixSignalContext signal)
{
    if (interrupted.IsCancellationRequested) return;
    signal.Cancel = true;
    interrupted.Cancel();
}

static CliHost RealHost() => new()
{
    Out = Console.Out,
    Error = Console.Error,
    OpenInput = Console.OpenStandardInput,
    OutIsTerminal = !Console.IsOutputRedirected,
    ErrorIsTerminal = !Console.IsErrorRedirected,
    Unicode = Console.OutputEncoding.CodePage == Encoding.UTF8.CodePage,
    Variable = Environment.GetEnvironmentVariable,
    Folder = Environment.CurrentDirectory,
    Time = TimeProvider.System,
    FillRandom = bytes => RandomNumberGenerator.Fill(bytes),
};
