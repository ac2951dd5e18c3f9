using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Rouse.Chaos;

/// <summary>The server as a child process that is started again each time its crash point ended it.</summary>
internal sealed class ChaosServer(string data, IReadOnlyList<string> addresses, IReadOnlyList<string> database) : IAsyncDisposable
{
    private readonly int _port = FreePort();
    private Process? _process;

    public Uri Address => new($"http://127.0.0.1:{_port}");

    public bool HasEnded => _process is { HasExited: true };

    /// <summary>137: by SIGKILL.</summary>
    public int ExitCode => _process!.ExitCode;

    /// <param name="crashPoints">Where it shall end, whichever comes first.</param>
    public async Task StartAsync(IEnumerable<string> crashPoints)
    {
        _process?.Dispose();
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.Environment["TMPDIR"] = Path.GetTempPath();
        start.Environment["DOTNET_TieredPGO"] = "0";
        start.ArgumentList.Add(typeof(ChaosServer).Assembly.Location);
        string[] arguments = ["serve", _port.ToString(CultureInfo.InvariantCulture), data, .. addresses, string.Join(',', crashPoints), .. database];
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        _process = Process.Start(start)!;
        var said = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        _process.OutputDataReceived += (_, line) => said.TrySetResult(line.Data is not null);
        _process.ErrorDataReceived += static (_, _) => { };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        await said.Task.WaitAsync(TimeSpan.FromMinutes(1));
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is null) return;
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
