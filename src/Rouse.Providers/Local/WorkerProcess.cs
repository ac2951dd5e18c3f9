using System.Collections;
using System.Diagnostics;
using System.Globalization;
using Rouse.Core.Ports;

namespace Rouse.Providers.Local;

/// <summary>One worker's process: our child, or one that an earlier server left and we adopted.</summary>
internal sealed class WorkerProcess : IDisposable
{
    /// <summary>
    /// The shell becomes the worker, so the number stays and the exit status is ours to read. Output goes to a file, not a pipe, so that the
    /// worker outlives a killed server; a session of its own keeps the terminal's Ctrl-C from it. Without setsid(1), ignored signals do that.
    /// </summary>
    private const string Script =
        """
        ROUSE_LOCAL_PID=$$; export ROUSE_LOCAL_PID
        exec >>"$ROUSE_LOCAL_LOG" 2>&1 </dev/null
        if command -v setsid >/dev/null; then exec setsid "$0" "$@"; fi
        trap '' INT QUIT HUP
        exec "$0" "$@"
        """;

    private readonly Process? _child;

    private WorkerProcess(Process? child, ProcessId? id) => (_child, Id) = (child, id);

    /// <summary>Null when the process was gone before it could be looked at.</summary>
    public ProcessId? Id { get; }

    public bool HasExited => _child?.HasExited ?? !(Id is { } id && ProcFs.IsAlive(id));

    /// <summary>As a shell tells it, 128 + n after signal n; null for an adopted process, whose status only its parent could learn.</summary>
    public int? ExitCode => _child?.ExitCode;

    /// <param name="exited">Called once, on any thread.</param>
    public static WorkerProcess Start(
        LocalOptions options, string folder, string log, IReadOnlyDictionary<string, EnvironmentValue> environment,
        IReadOnlyDictionary<string, string> marks, Action exited)
    {
        var start = new ProcessStartInfo("/bin/sh")
        {
            UseShellExecute = false,
            WorkingDirectory = folder,
            // Redirected although the script replaces all three: .NET otherwise takes the child for a user of the terminal and changes its modes.
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        IEnumerable<string> arguments = ["-c", Script, options.Command.Executable, .. options.Command.Arguments];
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        start.Environment.Clear();
        foreach (DictionaryEntry own in Environment.GetEnvironmentVariables())
        {
            if (options.PassedVariables.Any(pattern => Matches(pattern, (string)own.Key))) start.Environment[(string)own.Key] = (string?)own.Value;
        }

        foreach (var (name, value) in environment) start.Environment[name] = value.Reveal();
        foreach (var (name, value) in marks) start.Environment[name] = value;
        start.Environment[Marks.Log] = log;

        var child = Process.Start(start)!;
        var process = new WorkerProcess(child, ProcFs.Identify(child.Id));
        _ = child.WaitForExitAsync().ContinueWith(_ => exited(), TaskScheduler.Default);
        return process;
    }

    public static WorkerProcess Adopt(FoundProcess found) => new(child: null, found.Id);

    public void Signal(int signal)
    {
        if (Id is { } id) ProcFs.Signal(id, signal);
    }

    public override string ToString() => Id?.Pid.ToString(CultureInfo.InvariantCulture) ?? "?";

    public void Dispose() => _child?.Dispose();

    private static bool Matches(string pattern, string name) =>
        pattern.EndsWith('*') ? name.StartsWith(pattern[..^1], StringComparison.Ordinal) : string.Equals(pattern, name, StringComparison.Ordinal);
}
