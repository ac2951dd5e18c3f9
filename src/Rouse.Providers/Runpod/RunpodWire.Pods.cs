namespace Rouse.Providers.Runpod;

/// <summary><c>POST /v2/pods</c>. What is null is not sent.</summary>
internal sealed record CreatePodBody
{
    public required string Name { get; init; }

    public string? Image { get; init; }

    public string? TemplateId { get; init; }

    public string? Args { get; init; }

    public int? Disk { get; init; }

    public required IReadOnlyDictionary<string, string> Env { get; init; }

    public IReadOnlyList<string>? Ports { get; init; }

    public string Cloud { get; init; } = "SECURE";

    public required PodGpu Gpu { get; init; }

    public IReadOnlyList<string>? DataCenterIds { get; init; }

    public PodMounts? Mounts { get; init; }
}

/// <param name="Count">Always sent: without it Runpod was seen to answer that it has no instances.</param>
internal sealed record PodGpu(string Id, int Count);

/// <summary>One of both.</summary>
internal sealed record PodMounts(PersistentMount? Persistent = null, IReadOnlyList<NetworkMount>? Network = null);

/// <param name="Size">GB, 10 at least.</param>
internal sealed record PersistentMount(int Size, string Path);

internal sealed record NetworkMount(string VolumeId, string Path);

/// <param name="Action">start, stop, restart or terminate.</param>
internal sealed record PodActionBody(string Action);

/// <summary>A pod as Runpod shows it. Its variables hold secrets: nothing keeps or prints this record.</summary>
internal sealed record PodReply
{
    public string? Id { get; init; }

    public string? Name { get; init; }

    /// <summary>PROVISIONING, STARTING, RUNNING, EXITED, ERROR or TERMINATED.</summary>
    public string? Status { get; init; }

    public IReadOnlyDictionary<string, string>? Env { get; init; }

    /// <summary>GB of its own disk.</summary>
    public int? Disk { get; init; }

    public PodMounts? Mounts { get; init; }

    /// <summary>US dollars per hour of its GPUs; 0 while it is stopped.</summary>
    public decimal? Cost { get; init; }

    public override string ToString() => $"pod {Id}";
}

internal sealed record PodListReply(IReadOnlyList<PodReply>? Pods);
