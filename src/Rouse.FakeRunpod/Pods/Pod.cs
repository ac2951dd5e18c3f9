using System.Globalization;
using System.Text.Json.Nodes;
using Rouse.FakeRunpod.Accounts;
using Rouse.FakeRunpod.Billing;
using Rouse.FakeRunpod.Http;
using Rouse.FakeRunpod.Workers;
using Rouse.FakeRunpod.World;

namespace Rouse.FakeRunpod.Pods;

internal sealed class Pod(RunpodWorld world, string id, Account account, JsonObject body) : Resource(id, account, body, world.Now)
{
    public Container Container { get; } = new(world);

    public PodState State { get; set; }

    /// <summary>The pool of its GPU type, or the type itself.</summary>
    public required string Pool { get; init; }

    /// <summary>Of all its GPUs, while it runs.</summary>
    public required decimal DollarsPerHour { get; init; }

    public required string DataCenterId { get; init; }

    public DateTimeOffset ProvisionedAt { get; set; } = world.Now;

    /// <summary>For its disks.</summary>
    public Charge? Storage { get; set; }

    public int GpuCount => Body["gpu"].WholeAt("count") ?? 0;

    public string? GpuTypeId => Body["gpu"].TextAt("id");

    public bool HoldsGpu => State is PodState.Provisioning or PodState.Starting or PodState.Running;

    public int DiskGb => Body.WholeAt("disk") ?? 0;

    /// <summary>The volume that outlives a stop; the container disk does not.</summary>
    public int VolumeGb => Body["mounts"] is JsonObject mounts ? mounts["persistent"].WholeAt("size") ?? 0 : 0;

    public bool HasNetworkVolume => Body["mounts"] is JsonObject mounts && mounts["network"] is JsonArray { Count: > 0 };

    /// <summary>Whether the proxy serves the port, which the order must name as HTTP.</summary>
    public bool Serves(int port) => Body.TextsAt("ports").Contains(string.Create(CultureInfo.InvariantCulture, $"{port}/http"), StringComparer.Ordinal);

    public string[] Actions => State switch
    {
        PodState.Running => ["stop", "restart", "terminate"],
        PodState.Exited or PodState.Error => ["start", "terminate"],
        _ => ["stop", "terminate"],
    };
}
