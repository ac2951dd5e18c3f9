using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Rouse.FakeRunpod.Workers;

/// <summary>One worker's process, under a shell that sees to its end.</summary>
internal sealed class WorkerProcess : IRunningWorker
{
    private const int SigTerm = 15;

    /// <summary>
    /// The shell's input is a pipe from us that never carries anything. It ends when we close it, which is how the worker is killed, and when we
    /// are killed ourselves. SIGTERM is passed on, one that comes before the worker has its process too; a terminal's Ctrl-C is for the fake alone,
    /// which then stops its workers.
    /// </summary>
    private const string Script =
        """
        trap '' INT QUIT HUP
        asked= worker=
        trap 'asked=1; [ -z "$worker" ] || kill -TERM $worker 2>/dev/null' TERM
        exec 3<&0
        "$0" "$@" 3<&- </dev/null &
        worker=$!
        [ -z "$asked" ] || kill -TERM $worker 2>/dev/null
        (read -r _ <&3; kill -KILL $worker) >/dev/null 2>&1 &
        watch=$!
        while :; do
          wait $worker
          code=$?
          kill -0 $worker 2>/dev/null || break
        done
        kill $watch 2>/dev/null
        exit $code
        """;

    /// <summary>What a program needs of its machine; all else comes from the container's settings, as in a container.</summary>
    private static readonly string[] s_passed = ["PATH", "HOME", "TMPDIR", "LANG", "DOTNET_ROOT", "DOTNET_CLI_HOME", "LD_LIBRARY_PATH"];

    /// <summary>Should the pipe fail too, a Rouse worker that hears nobody for so many seconds ends itself.</summary>
    private const string SilenceLimit = "60";

    private readonly Process _shell;
    private readonly TimeProvider _time;

    public WorkerProcess(
        string executable, IReadOnlyList<string> arguments, ContainerLaunch launch, IReadOnlyDictionary<string, string> machine, Action<string> output, TimeProvider time)
    {
        _time = time;
        var start = new ProcessStartInfo("/bin/sh")
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        IEnumerable<string> all = ["-c", Script, executable, .. arguments];
        foreach (var argument in all) start.ArgumentList.Add(argument);
        start.Environment.Clear();
        foreach (var name in s_passed)
        {
            if (Environment.GetEnvironmentVariable(name) is { } value) start.Environment[name] = value;
        }

        start.Environment["ROUSE_SILENCE_LIMIT"] = SilenceLimit;
        foreach (var (name, value) in machine.Concat(launch.Environment)) start.Environment[name] = value;
        _shell = Process.Start(start)!;
        _shell.OutputDataReceived += (_, line) => Tell(line.Data);
        _shell.ErrorDataReceived += (_, line) => Tell(line.Data);
        _shell.BeginOutputReadLine();
        _shell.BeginErrorReadLine();
        Ended = WaitAsync();

        void Tell(string? line)
        {
            if (line is not null) output(line);
        }
    }

    public Task<int> Ended { get; }

    public async Task StopAsync(TimeSpan grace)
    {
        if (grace > TimeSpan.Zero && !_shell.HasExited)
        {
            _ = Kill(_shell.Id, SigTerm);
            await Task.WhenAny(Ended, Task.Delay(grace, _time));
        }

        if (!Ended.IsCompleted) _shell.StandardInput.Close();
        await Ended;
    }

    private async Task<int> WaitAsync()
    {
        // Not WaitForExitAsync alone: that waits for the end of the output too, which a stray grandchild may hold open.
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _shell.Exited += (_, _) => ended.TrySetResult();
        _shell.EnableRaisingEvents = true;
        await ended.Task;
        _shell.StandardInput.Close();
        return _shell.ExitCode;
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Kill(int pid, int signal);
}
