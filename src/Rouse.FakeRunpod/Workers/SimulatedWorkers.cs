namespace Rouse.FakeRunpod.Workers;

/// <summary>Workers without an engine, in this process: they speak the job plane over HTTP and answer <c>{"echo": input}</c>.</summary>
public sealed class SimulatedWorkers(TimeProvider time) : IWorkerRunner
{
    /// <summary>What each container does; asked when it starts.</summary>
    public Func<ContainerLaunch, SimulatedPlan> Plan { get; set; } = static _ => new SimulatedPlan();

    public IRunningWorker Start(ContainerLaunch launch) => new SimulatedWorker(launch, Plan(launch), time);
}
