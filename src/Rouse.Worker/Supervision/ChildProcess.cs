using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Rouse.Worker.Engines;

namespace Rouse.Worker.Supervision;

/// <summary>
/// One run of a program in a process group of its own, which ends with the worker however the worker ends.
/// <code>
/// worker ──lifeline (pipe)──▶ watcher: reads; at the end of the pipe, kill -KILL the group
///   │                            ▲ in the group
///   └──▶ sh ─exec▶ setsid ─exec▶ sh ─exec▶ the program: one process number, the group's too
/// </code>
/// A descendant that makes a session of its own leaves the group: programs are to stay in the foreground.
/// </summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    /// <summary>
    /// The watcher is deaf to what asks the program to stop: it must outlive the grace. The program is to be the first that a machine short of memory ends,
    /// not the worker, who can tell of it.
    /// </summary>
    private const string Script =
        """
        exec setsid /bin/sh -c '
        exec 3<"/proc/self/fd/$1" || exit 125
        shift
        (trap "" TERM INT HUP QUIT; read -r line; kill -KILL 0) <&3 >/dev/null 2>&1 &
        exec 3<&-
        { echo 500 >/proc/self/oom_score_adj; } 2>/dev/null
        exec "$@"' sh "$@"
        """;

    /// <summary>After its end, for the last of what it wrote: somebody who left the group may hold the pipe open for ever.</summary>
    private static readonly TimeSpan LastLines = TimeSpan.FromSeconds(1);

    private readonly Process _process;
    private readonly SafeFileHandle _lifeline;
    private readonly TimeProvider _time;
    private readonly Task _reading;

    private ChildProcess(Process process, SafeFileHandle lifeline, bool isPiped, Action<string> line, TimeProvider time)
    {
        (_process, _lifeline, _time) = (process, lifeline, time);
        Id = process.Id;
        if (!isPiped) process.StandardInput.Close();
        _reading = Task.WhenAll(
            LineReader.ReadAsync(process.StandardError.BaseStream, line),
            isPiped ? Task.CompletedTask : LineReader.ReadAsync(process.StandardOutput.BaseStream, line));
        Exited = EndAsync();
    }

    /// <summary>Of the process and of its group.</summary>
    public int Id { get; }

    /// <summary>Ends when the program has, and all else in its group has been ended: its exit code, 128 + n after signal n.</summary>
    public Task<int> Exited { get; }

    /// <summary>To the program's stdin; only with <see cref="ServerCommand.IsPiped"/>.</summary>
    public Stream Input => _process.StandardInput.BaseStream;

    /// <summary>From the program's stdout; only with <see cref="ServerCommand.IsPiped"/>.</summary>
    public Stream Output => _process.StandardOutput.BaseStream;

    /// <param name="command">What to start.</param>
    /// <param name="environment">All of its environment.</param>
    /// <param name="line">Called with each line it writes, from any thread.</param>
    /// <param name="time">For waits.</param>
    /// <exception cref="EngineException">It cannot be started: the message says what to do.</exception>
    public static ChildProcess Start(ServerCommand command, IReadOnlyDictionary<string, string> environment, Action<string> line, TimeProvider time)
    {
        ProgramSearch.Check(command, environment);
        var (inherited, kept) = Libc.OpenLifeline();
        using var _ = inherited;
        var start = new ProcessStartInfo("/bin/sh")
        {
            UseShellExecute = false,
            WorkingDirectory = command.Folder ?? "",
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var handle = inherited.DangerousGetHandle().ToInt32().ToString(CultureInfo.InvariantCulture);
        foreach (var argument in (IEnumerable<string>)["-c", Script, "sh", handle, .. command.Arguments]) start.ArgumentList.Add(argument);
        start.Environment.Clear();
        foreach (var (name, value) in environment) start.Environment[name] = value;
        try
        {
            return new ChildProcess(Process.Start(start)!, kept, command.IsPiped, line, time);
        }
        catch (Win32Exception fault)
        {
            kept.Dispose();
            throw new EngineException(EngineFault.EngineFailed, $"The {command.Name} cannot be started: {fault.Message}", fault);
        }
    }

    /// <summary>SIGTERM to the whole group; after the grace SIGKILL.</summary>
    public async Task StopAsync(TimeSpan grace)
    {
        Signal(Libc.SigTerm);
        using var ended = new CancellationTokenSource();
        await Task.WhenAny(Exited, Task.Delay(grace, _time, ended.Token));
        await ended.CancelAsync();
        Signal(Libc.SigKill);
        await Exited;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(TimeSpan.Zero);
        _lifeline.Dispose();
        _process.Dispose();
    }

    private void Signal(int signal)
    {
        // In its first millisecond the group is not made yet, and there is but one process.
        if (!_process.HasExited && !Libc.SignalGroup(Id, signal)) Libc.Signal(Id, signal);
    }

    private async Task<int> EndAsync()
    {
        await _process.WaitForExitAsync();
        // The number is still the group's: the watcher is in it, and keeps it from being given to others.
        _ = Libc.SignalGroup(Id, Libc.SigKill);
        using var read = new CancellationTokenSource();
        await Task.WhenAny(_reading, Task.Delay(LastLines, _time, read.Token));
        await read.CancelAsync();
        return _process.ExitCode;
    }
}
