using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace Rouse.Worker.Tests.Support;

/// <summary>The worker as its own process, with nothing of this one's environment that concerns it.</summary>
internal sealed class WorkerProcess : IDisposable
{
    private const int SigTerm = 15;
    private readonly Process _process;
    private readonly StringBuilder _output = new();

    public WorkerProcess(IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "worker", "Rouse.Worker.dll"));
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        foreach (var name in start.Environment.Keys.Where(IsOurs).ToList()) start.Environment.Remove(name);
        foreach (var (name, value) in environment) start.Environment[name] = value;
        _process = Process.Start(start)!;
        _process.OutputDataReceived += Keep;
        _process.ErrorDataReceived += Keep;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public string Output
    {
        get
        {
            lock (_output) return _output.ToString();
        }
    }

    public void Terminate() => _ = Kill(_process.Id, SigTerm);

    /// <summary>SIGKILL: nothing of it runs any more.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await EndAsync();
    }

    /// <summary>Its exit code.</summary>
    public async Task<int> EndAsync()
    {
        await _process.WaitForExitAsync().InTimeAsync();
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
    }

    private static bool IsOurs(string name) =>
        name.StartsWith("ROUSE_", StringComparison.Ordinal) && name != "ROUSE_ONNXRUNTIME"
        || name.StartsWith("RUNPOD_", StringComparison.Ordinal) || name.StartsWith("HF_", StringComparison.Ordinal);

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        lock (_output) _output.AppendLine(line.Data);
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int Kill(int process, int signal);
}
