using System.Runtime.InteropServices;
using Rouse.Core.Deployments;
using Rouse.Core.Ports;

namespace Rouse.Providers.Runpod;

/// <summary>What we keep of a listed endpoint: nothing of its variables.</summary>
/// <param name="MaxWorkers">Null when the list did not say.</param>
internal sealed record EndpointView(BackendId Id, BackendName Name, int? MinWorkers, int? MaxWorkers, int? IdleSeconds, string? Image, EndpointScaling? Scaling)
{
    /// <summary>It speaks HTTP itself and has no queue: what wakes it is a request.</summary>
    public bool IsBalancer { get; init; }

    /// <summary>Whether it may have workers at all.</summary>
    public bool IsHibernated => MaxWorkers == 0;

    /// <summary>Null for an endpoint that is not ours, or shown without an id.</summary>
    public static EndpointView? Of(EndpointReply reply) => reply.Id is { Length: > 0 } id && RunpodNames.TryParse(reply.Name, out var name)
        ? new EndpointView(new BackendId(id), name, reply.Workers?.Min, reply.Workers?.Max, reply.Workers?.IdleTimeout, reply.Image, reply.Scaling) { IsBalancer = reply.Type == CreateEndpointBody.LoadBalancer }
        : null;
}

/// <summary>What one look at an endpoint's workers showed.</summary>
/// <param name="At">When, as a timestamp of the provider's clock.</param>
/// <param name="Jobs">Queued or in work; null when that was not asked.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct WorkerLook(long At, int Ready, int Initializing, int Throttled, int Unhealthy, int Total, int? Jobs)
{
    public bool IsEmpty => Total == 0 && Jobs == 0;

    /// <summary>Those that are billed. Throttled ones wait for a GPU, unhealthy ones have lost theirs. (docs.runpod.io, serverless/workers/overview)</summary>
    public int Holding => Math.Max(0, Total - Throttled - Unhealthy);

    public static WorkerLook Of(long at, WorkersReply reply, int? jobs)
    {
        if (reply.Summary is { } sum) return new WorkerLook(at, sum.Running + sum.Idle, sum.Initializing, sum.Throttled, sum.Unhealthy, sum.Total, jobs);
        var workers = reply.Workers ?? [];
        int Count(params string[] words) => workers.Count(worker => words.Contains(worker.Status, StringComparer.Ordinal));
        return new WorkerLook(at, Count("RUNNING", "IDLE"), Count("INITIALIZING"), Count("THROTTLED"), Count("UNHEALTHY"), workers.Count, jobs);
    }
}
