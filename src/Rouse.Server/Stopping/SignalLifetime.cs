using System.Runtime.InteropServices;
using Microsoft.Extensions.Hosting;

namespace Rouse.Server.Stopping;

/// <summary>
/// SIGTERM and SIGINT drain, then stop; a second one has its default effect and ends the process at once. For a program that handles its signals
/// itself this registers none.
/// </summary>
internal sealed class SignalLifetime(RouseHostOptions options, Drain drain, IHostApplicationLifetime lifetime) : IHostLifetime, IDisposable
{
    private readonly List<PosixSignalRegistration> _signals = [];

    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        if (!options.HandleSignals) return Task.CompletedTask;
        foreach (var signal in new[] { PosixSignal.SIGTERM, PosixSignal.SIGINT }) _signals.Add(PosixSignalRegistration.Create(signal, OnSignal));
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        foreach (var signal in _signals) signal.Dispose();
    }

    private void OnSignal(PosixSignalContext signal)
    {
        if (drain.HasBegun) return;
        signal.Cancel = true;
        _ = drain.BeginAsync().ContinueWith(_ => lifetime.StopApplication(), TaskScheduler.Default);
    }
}
