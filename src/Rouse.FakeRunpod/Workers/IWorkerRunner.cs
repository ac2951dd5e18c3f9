namespace Rouse.FakeRunpod.Workers;

/// <summary>Where the containers of workers and pods run. Called under the world's lock: it starts things and does not wait for them.</summary>
public interface IWorkerRunner
{
    IRunningWorker Start(ContainerLaunch launch);
}

public interface IRunningWorker
{
    /// <summary>The exit code, once it has ended by itself or was stopped.</summary>
    Task<int> Ended { get; }

    /// <summary>Asks it to end, and ends it when <paramref name="grace"/> is over. Completes when it is gone.</summary>
    Task StopAsync(TimeSpan grace);
}

/// <summary>A container to start.</summary>
/// <param name="Id">The worker's or pod's id, which the container reads as <c>RUNPOD_POD_ID</c>.</param>
/// <param name="EndpointId">Null for a pod.</param>
/// <param name="Environment">All of it: the settings' own and what Runpod adds.</param>
public sealed record ContainerLaunch(
    string Id, string? EndpointId, string Image, string Args, IReadOnlyDictionary<string, string> Environment, string? GpuTypeId, string? DataCenterId);
