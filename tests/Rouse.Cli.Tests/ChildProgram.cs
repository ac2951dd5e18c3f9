using System.Diagnostics;
using System.Globalization;

namespace Rouse.Cli.Tests;

/// <summary>The real program as a child process, with a folder of its own for everything that is temporary.</summary>
internal sealed class ChildProgram : IDisposable
{
    /// <summary>A hang is told as one; nothing is judged by speed.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(3);

    private static readonly string[] s_settings = ["HF_ENDPOINT", "RUNPOD_API_KEY", "ROUSE_RUNPOD_IMAGE", "RUNPOD_TEMPLATE_ID", "ROUSE_RUNPOD_WEIGHTS"];

    private readonly Process _process;

    private ChildProgram(Process process) => _process = process;

    public int Id => _process.Id;

    public HeardWriter Out { get; } = new();

    public HeardWriter Error { get; } = new();

    public static ChildProgram Start(string folder, params string[] args) => Start(folder, new Dictionary<string, string>(StringComparer.Ordinal), args);

    /// <param name="variables">Besides what this process has; those that name a hub or an account come from here alone.</param>
    public static ChildProgram Start(string folder, IReadOnlyDictionary<string, string> variables, params string[] args)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false, WorkingDirectory = folder,
        };
        start.Environment["TMPDIR"] = Directory.CreateDirectory(Temporary(folder)).FullName;
        foreach (var name in s_settings) start.Environment.Remove(name);
        foreach (var (name, value) in variables) start.Environment[name] = value;
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "rouse.dll"));
        foreach (var arg in args) start.ArgumentList.Add(arg);
        var child = new ChildProgram(new Process { StartInfo = start });
        child._process.OutputDataReceived += (_, line) => child.Out.WriteLine(line.Data);
        child._process.ErrorDataReceived += (_, line) => child.Error.WriteLine(line.Data);
        child._process.Start();
        child._process.BeginOutputReadLine();
        child._process.BeginErrorReadLine();
        return child;
    }

    public static string Temporary(string folder) => Path.Combine(folder, "tmp");

    /// <summary>Processes that were given the folder in their environment: workers are given the data folder and the model's.</summary>
    public static IReadOnlyList<string> StillRunning(string folder)
    {
        List<string> found = [];
        foreach (var process in Directory.EnumerateDirectories("/proc").Where(p => char.IsAsciiDigit(Path.GetFileName(p)[0])))
        {
            try
            {
                if (File.ReadAllText(Path.Combine(process, "environ")).Contains(folder, StringComparison.Ordinal)) found.Add(process);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It ended while it was looked at, or is somebody else's.
            }
        }

        return found;
    }

    /// <param name="signal"><c>INT</c> or <c>TERM</c>.</param>
    public async Task SendAsync(string signal)
    {
        using var kill = Process.Start("kill", ["-" + signal, _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync().WaitAsync(s_limit);
    }

    public async Task<Ended> EndAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(s_limit);
        return new Ended((ExitCode)_process.ExitCode, Out.ToString(), Error.ToString());
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }
}
