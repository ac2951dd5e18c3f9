using System.Text.Json.Serialization;

namespace Rouse.Providers.Runpod;

/// <summary><c>POST /v2/serverless</c>. Members as the REST v2 document of 2026-08-18 names them; what is null is not sent.</summary>
internal sealed record CreateEndpointBody
{
    public const string Queue = "QUEUE";
    public const string LoadBalancer = "LOAD_BALANCER";

    public required string Name { get; init; }

    /// <summary>Cannot be changed later.</summary>
    public string Type { get; init; } = Queue;

    public string? Image { get; init; }

    public string? TemplateId { get; init; }

    public string? Args { get; init; }

    public int? Disk { get; init; }

    public required IReadOnlyDictionary<string, string> Env { get; init; }

    /// <summary>As <c>8000/http</c>.</summary>
    public IReadOnlyList<string>? Ports { get; init; }

    public required EndpointGpu Gpu { get; init; }

    public required EndpointWorkers Workers { get; init; }

    public required EndpointScaling Scaling { get; init; }

    /// <summary>Milliseconds one job, or one request, may run.</summary>
    public required long Timeout { get; init; }

    public required string Flashboot { get; init; }

    public IReadOnlyList<string>? DataCenterIds { get; init; }

    public IReadOnlyList<string>? NetworkVolumes { get; init; }
}

/// <summary><c>PATCH /v2/serverless/{id}</c>: what is null stays as it is.</summary>
internal sealed record UpdateEndpointBody
{
    public EndpointWorkers? Workers { get; init; }

    public EndpointScaling? Scaling { get; init; }

    public string? Image { get; init; }
}

internal sealed record EndpointGpu
{
    public IReadOnlyList<string>? Pools { get; init; }

    public int? Count { get; init; }
}

/// <param name="IdleTimeout">Seconds, 1 to 3600; refused for a queue that scales on the count of requests.</param>
internal sealed record EndpointWorkers(int? Min, int? Max, int? IdleTimeout = null);

/// <param name="QueueDelay">Seconds, 0.5 at least; with type QUEUE_DELAY only.</param>
/// <param name="RequestCount">1 at least; with type REQUEST_COUNT only.</param>
internal sealed record EndpointScaling(string Type, double? QueueDelay = null, int? RequestCount = null)
{
    public const string ByDelay = "QUEUE_DELAY";
    public const string ByCount = "REQUEST_COUNT";
}

/// <summary>An endpoint as Runpod shows it. Its variables hold secrets: nothing keeps or prints this record.</summary>
internal sealed record EndpointReply
{
    public string? Id { get; init; }

    public string? Name { get; init; }

    public string? Type { get; init; }

    public string? Image { get; init; }

    public IReadOnlyDictionary<string, string>? Env { get; init; }

    public EndpointWorkers? Workers { get; init; }

    public EndpointScaling? Scaling { get; init; }

    public override string ToString() => $"endpoint {Id}";
}

internal sealed record EndpointListReply(IReadOnlyList<EndpointReply>? Endpoints);

internal sealed record WorkersReply(WorkerSummary? Summary, IReadOnlyList<WorkerReply>? Workers);

internal sealed record WorkerReply(string? Id, string? Status, string? GpuTypeId, string? DataCenterId);

/// <summary>How many workers are in which state.</summary>
internal sealed record WorkerSummary(int Running, int Idle, int Initializing, int Throttled, int Unhealthy, int Total);

/// <summary><c>POST {data}/v2/{id}/run</c>. Policy as Runpod spells it: other spellings are passed over in silence.</summary>
internal sealed record RunBody(WarmUpInput Input, RunPolicy Policy);

internal sealed record WarmUpInput([property: JsonPropertyName("rouse_warm_up")] bool RouseWarmUp);

/// <param name="ExecutionTimeout">Milliseconds, from 5 s to 7 days.</param>
/// <param name="Ttl">Milliseconds from submission, from 10 s to 7 days.</param>
internal sealed record RunPolicy(long ExecutionTimeout, long Ttl);

internal sealed record HealthReply(HealthJobs? Jobs);

internal sealed record HealthJobs(int InQueue, int InProgress);
