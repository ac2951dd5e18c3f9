using Rouse.Core.Models;

namespace Rouse.Providers.Runpod;

/// <summary>What the Runpod providers need to know, and their bounds: each with its unit and why it is there.</summary>
public sealed record RunpodOptions
{
    /// <summary>The management API (REST v2) and GraphQL.</summary>
    public Uri BaseAddress { get; init; } = new("https://api.runpod.io");

    /// <summary>The data plane: jobs, as <c>{base}/{endpoint}/run</c>.</summary>
    public Uri JobBaseAddress { get; init; } = new("https://api.runpod.ai/v2");

    /// <summary>The worker's container image. Not used by endpoints and pods made from a template; without either nothing can be created.</summary>
    public string? Image { get; init; }

    /// <summary>Engines that <see cref="Image"/> has; null where nobody says.</summary>
    public IReadOnlyList<WorkerEngine>? Engines { get; init; }

    /// <summary>Images of workers for engines that the other one has not. They go before it, and before a template.</summary>
    public IReadOnlyDictionary<WorkerEngine, string> EngineImages { get; init; } = new Dictionary<WorkerEngine, string>();

    /// <summary>A serverless template whose container settings are used in place of <see cref="Image"/>; our variables are added to its own.</summary>
    public string? TemplateId { get; init; }

    /// <summary>The same for pods; Runpod refuses one kind of template where the other is wanted.</summary>
    public string? PodTemplateId { get; init; }

    /// <summary>The image of an engine's own; null where the one for all, or a template, is taken.</summary>
    public string? OwnImageOf(WorkerEngine? engine) => engine is { } known ? EngineImages.GetValueOrDefault(known) : null;

    /// <summary>
    /// The image that an endpoint of an engine is to run; null where that is not ours to say: a template has it, or nobody knows which engine it was made for, or no image of
    /// ours has that engine any more.
    /// </summary>
    public string? ImageOf(WorkerEngine? engine) => OwnImageOf(engine)
        ?? (TemplateId is null && (engine is { } known ? Engines?.Contains(known) != false : EngineImages.Count == 0) ? Image : null);

    /// <summary>GB of a worker's own disk, which holds its image and the model. 60: the largest model we size for is 34 GB, and images are large.</summary>
    public int ContainerDiskGb { get; init; } = 60;

    /// <summary>Volumes given to serverless workers, mounted at <c>/runpod-volume</c>. They bind workers to the volumes' data centers.</summary>
    public IReadOnlyList<string> NetworkVolumes { get; init; } = [];

    /// <summary>GB of a pod's disk that outlives a stop, 10 at least; 0 for none. It goes on costing while the pod sleeps.</summary>
    public int PodVolumeGb { get; init; }

    /// <summary>A volume mounted to pods in place of <see cref="PodVolumeGb"/>.</summary>
    public string? PodNetworkVolume { get; init; }

    /// <summary>Where a pod's volume appears in its container.</summary>
    public string PodVolumePath { get; init; } = "/workspace";

    /// <summary>Ports of a pod that are reachable from outside, as <c>8888/http</c>. None: our worker asks for its jobs.</summary>
    public IReadOnlyList<string> PodPorts { get; init; } = [];

    /// <summary>Whether our workers in pods reach this server; otherwise pods run services alone.</summary>
    public bool PodsServeModels { get; init; } = true;

    /// <summary>Where a pod's port is served, with <c>{pod}</c> and <c>{port}</c> in it.</summary>
    public string PodAddress { get; init; } = Runpod.PodAddress.Default;

    /// <summary>Where an endpoint that speaks HTTP itself is served, with <c>{id}</c> in it.</summary>
    public string BalancerAddress { get; init; } = Runpod.BalancerAddress.Default;

    /// <summary>US dollars per GB and month of a pod's disks while it runs: its own and the one that outlives a stop (runpod.io/pricing, 2026-11).</summary>
    public decimal DiskPrice { get; init; } = 0.10m;

    /// <summary>The same for the disk that outlives a stop, while the pod is stopped; its own disk is gone then.</summary>
    public decimal StoppedDiskPrice { get; init; } = 0.20m;

    public RunpodFlashBoot FlashBoot { get; init; } = RunpodFlashBoot.FlashBoot;

    /// <summary>How long one job may run. 10 min, Runpod's default for a job's policy; the endpoint's own default is documented and seen differently.</summary>
    public TimeSpan JobTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>One request, from sending to the last byte. 14 s: a delete is two, and must end within <see cref="CallTimeout"/>.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(14);

    /// <summary>One verb of the port. 30 s: two requests and a short wait for the list.</summary>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long Runpod's lists may miss what was created. Runpod promises nothing; 5 s is a guess on the safe side.</summary>
    public TimeSpan ListLag { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long one reading of an account's list serves everybody who asks. 2 s: nobody sees the difference.</summary>
    public TimeSpan ListFreshness { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Between two readings of the same list at least, even after a change of ours. 1 s: within <see cref="ReadsPerSecond"/>.</summary>
    public TimeSpan ListSpacing { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long one reading of prices and stock serves everybody. 15 s: stock moves by the minute.</summary>
    public TimeSpan CatalogueFreshness { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Reads of one account per second, all kinds together. 1.2: far below the quota Runpod shows (about 180 a minute).</summary>
    public double ReadsPerSecond { get; init; } = 1.2;

    /// <summary>Reads that may follow each other at once after a pause. 3: a list and two looks at workers.</summary>
    public int ReadBurst { get; init; } = 3;

    /// <summary>How long a list waits for the looks at workers that go with it. 3 s: they are an extra, the list is what decides.</summary>
    public TimeSpan LookPatience { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Calls of a quota window that reads leave to creates and deletes. 10.</summary>
    public int ReservedCalls { get; init; } = 10;

    /// <summary>Looks that found workers unhealthy and none ready, before it is a crash loop. 5, over <see cref="CrashLoopSpan"/> at least.</summary>
    public int CrashLoopLooks { get; init; } = 5;

    /// <summary>2 min: Runpod restarts an unhealthy worker within seconds, so by then it has been tried several times.</summary>
    public TimeSpan CrashLoopSpan { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long workers may initialize before that is told as a trouble. 5 min: a large image on a new host.</summary>
    public TimeSpan SlowStart { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long the job that wakes an endpoint waits for a worker before it vanishes, 10 s to 7 days. 30 min: the default start timeout.</summary>
    public TimeSpan WarmUpLife { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>After a wake, how long no other is tried. 60 s: Runpod's scaler needs a moment to show what it does.</summary>
    public TimeSpan WarmUpPause { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Accounts that are remembered with their lists. 4096: more keys than that at once, and the longest unused is forgotten.</summary>
    public int Accounts { get; init; } = 4096;

    /// <summary>Bytes of one answer. 32 MiB: a list of some thousand endpoints with their variables.</summary>
    public int MaxReplyBytes { get; init; } = 32 * 1024 * 1024;
}

/// <summary>Runpod's faster cold starts.</summary>
public enum RunpodFlashBoot
{
    Off,
    FlashBoot,
    PriorityFlashBoot,
}
