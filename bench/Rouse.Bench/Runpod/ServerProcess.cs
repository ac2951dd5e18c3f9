using System.Diagnostics;

namespace Rouse.Bench.Runpod;

/// <summary>This program once more, as the server: a process of its own, so that its CPU and memory are its own.</summary>
internal sealed class ServerProcess : IDisposable
{
    private readonly Process _process;

    private ServerProcess(Process process, Uri address) => (_process, Address) = (process, address);

    public Uri Address { get; }

    public TimeSpan Cpu
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    public long ResidentMiB
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64 >> 20;
        }
    }

    public long PeakMiB
    {
        get
        {
            _process.Refresh();
            return _process.PeakWorkingSet64 >> 20;
        }
    }

    public static async Task<ServerProcess> StartAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, [typeof(ServerProcess).Assembly.Location, "runpod-server", .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            // The server ends when this ends, however it does.
            RedirectStandardInput = true,
        };
        var process = Process.Start(start)!;
        if (await process.StandardOutput.ReadLineAsync() is not { } address) throw new InvalidOperationException("The server did not start.");
        // Its warnings must not fill the pipe.
        _ = process.StandardOutput.BaseStream.CopyToAsync(Console.OpenStandardError());
        return new ServerProcess(process, new Uri(address));
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}
