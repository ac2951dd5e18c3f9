namespace Rouse.FakeRunpod.Workers;

/// <summary>
/// Runs the same program for every container, whatever its image: a real worker, on this machine. Ends with the fake, even when that is killed.
/// </summary>
/// <param name="executable">For example <c>dotnet</c>.</param>
/// <param name="arguments">For example the path of <c>Rouse.Worker.dll</c>.</param>
/// <param name="time">For the pause between SIGTERM and SIGKILL.</param>
public sealed class ProcessWorkers(string executable, IReadOnlyList<string> arguments, TimeProvider time) : IWorkerRunner
{
    /// <summary>Gets what workers write, line by line: the container's id and the line. On any thread.</summary>
    public Action<string, string>? Output { get; set; }

    /// <summary>What every container finds besides its settings, such as the place of a volume of this machine.</summary>
    public IReadOnlyDictionary<string, string> Machine { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    public IRunningWorker Start(ContainerLaunch launch) =>
        new WorkerProcess(executable, arguments, launch, Machine, line => Output?.Invoke(launch.Id, line), time);
}
