using Rouse.FakeRunpod.Jobs;
using Rouse.FakeRunpod.Workers;
using Rouse.FakeRunpod.World;

namespace Rouse.FakeRunpod.Serverless;

public enum WorkerState
{
    /// <summary>No GPU to be had in the endpoint's pools.</summary>
    Throttled,
    Initializing,

    /// <summary>Has asked for a job, or is healthy, and has none.</summary>
    Idle,
    Running,

    /// <summary>Its container crashed, or it said so itself.</summary>
    Unhealthy,
}

/// <param name="Pool">Whose GPUs it takes.</param>
internal sealed record Place(string Pool, string GpuTypeId, string DataCenterId);

/// <summary>One serverless worker, from the wish for it to its end.</summary>
internal sealed class Worker(RunpodWorld world, ServerlessEndpoint endpoint)
{
    public string Id { get; } = world.Ids.Next();

    /// <summary>The worker's own key for the job plane.</summary>
    public string Key { get; } = "rpa_worker_" + world.Ids.Next(24);

    /// <summary>Of the settings it runs.</summary>
    public int Version { get; } = endpoint.Version;

    public int GpuCount { get; } = endpoint.GpuCount;

    public string Image { get; } = endpoint.Image;

    public DateTimeOffset CreatedAt { get; } = world.Now;

    public Container Container { get; } = new(world);

    public Place? Place { get; set; }

    public DateTimeOffset? PlacedAt { get; set; }

    /// <summary>When a crashed container is tried again.</summary>
    public DateTimeOffset? RestartAt { get; set; }

    public int Crashes { get; set; }

    /// <summary>Has asked for a job, or was found healthy, since its container started.</summary>
    public bool IsReady { get; set; }

    /// <summary>Said by the worker's ping or by a test.</summary>
    public bool IsUnwell { get; set; }

    /// <summary>Ends once its job is done.</summary>
    public bool IsDraining { get; set; }

    public DateTimeOffset IdleSince { get; set; }

    /// <summary>Of workers that ping at all; the others are not watched.</summary>
    public DateTimeOffset? LastPing { get; set; }

    public HashSet<Job> Jobs { get; } = [];

    /// <summary>Under way, where it speaks HTTP itself.</summary>
    public int Requests { get; set; }

    public bool IsFree => Jobs.Count == 0 && Requests == 0;

    /// <summary>Told with the next job-stop poll.</summary>
    public List<string> JobsToStop { get; } = [];

    public DateTimeOffset Now => world.Now;

    public bool IsStale => Version != endpoint.Version;

    public WorkerState State =>
        Place is null ? WorkerState.Throttled
        : IsUnwell || RestartAt is not null ? WorkerState.Unhealthy
        : !IsFree ? WorkerState.Running
        : IsReady ? WorkerState.Idle
        : WorkerState.Initializing;
}
