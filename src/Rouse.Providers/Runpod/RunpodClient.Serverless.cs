using Rouse.Core.Tenancy;

namespace Rouse.Providers.Runpod;

/// <content>Endpoints, their workers, and the job that wakes one.</content>
public sealed partial class RunpodClient
{
    /// <param name="secrets">Values of the body's variables that must not be shown.</param>
    internal async Task<EndpointReply> CreateEndpointAsync(CreateEndpointBody body, IEnumerable<string> secrets, Secret key, CancellationToken ct)
    {
        var bytes = Json(body, RunpodJson.Default.CreateEndpointBody);
        var call = new Call(HttpMethod.Post, "/v2/serverless", Kind.Write, "create the endpoint", bytes) { Secrets = secrets };
        return (await SendAsync(call, key, ct)).Parse(RunpodJson.Default.EndpointReply);
    }

    internal async Task<EndpointListReply> ListEndpointsAsync(Secret key, CancellationToken ct)
    {
        var call = new Call(HttpMethod.Get, "/v2/serverless", Kind.Read, "list the endpoints");
        return (await SendAsync(call, key, ct)).Parse(RunpodJson.Default.EndpointListReply);
    }

    /// <returns>Null when there is no such endpoint.</returns>
    internal async Task<EndpointReply?> FindEndpointAsync(string id, Secret key, CancellationToken ct)
    {
        var call = new Call(HttpMethod.Get, $"/v2/serverless/{Segment(id)}", Kind.Read, "show the endpoint");
        var answer = await SendAsync(call.AcceptingAbsence(), key, ct);
        return answer.IsAbsent ? null : answer.Parse(RunpodJson.Default.EndpointReply);
    }

    /// <returns>False when there is no such endpoint.</returns>
    internal async Task<bool> UpdateEndpointAsync(string id, UpdateEndpointBody body, Secret key, CancellationToken ct)
    {
        var bytes = Json(body, RunpodJson.Default.UpdateEndpointBody);
        var call = new Call(HttpMethod.Patch, $"/v2/serverless/{Segment(id)}", Kind.Write, "change the endpoint", bytes);
        return !(await SendAsync(call.AcceptingAbsence(), key, ct)).IsAbsent;
    }

    /// <summary>Deleting what is not there is done.</summary>
    internal Task DeleteEndpointAsync(string id, Secret key, CancellationToken ct) =>
        SendAsync(new Call(HttpMethod.Delete, $"/v2/serverless/{Segment(id)}", Kind.Write, "delete the endpoint").AcceptingAbsence(), key, ct);

    /// <summary>To be counted by the caller (<see cref="RunpodPace.TryRead"/>).</summary>
    /// <returns>Null when there is no such endpoint.</returns>
    internal async Task<WorkersReply?> ListWorkersAsync(string id, Secret key, CancellationToken ct)
    {
        var call = new Call(HttpMethod.Get, $"/v2/serverless/{Segment(id)}/workers", Kind.CountedRead, "list the endpoint's workers");
        var answer = await SendAsync(call.AcceptingAbsence(), key, ct);
        return answer.IsAbsent ? null : answer.Parse(RunpodJson.Default.WorkersReply);
    }

    /// <summary>To be counted by the caller, like <see cref="ListWorkersAsync"/>.</summary>
    internal async Task<HealthReply> HealthAsync(string id, Secret key, CancellationToken ct)
    {
        var call = new Call(HttpMethod.Get, $"/{Segment(id)}/health", Kind.Job, "tell the endpoint's health");
        return (await SendAsync(call, key, ct)).Parse(RunpodJson.Default.HealthReply);
    }

    /// <returns>False when the data plane knows no such endpoint: not yet, or no more.</returns>
    internal async Task<bool> RunAsync(string id, RunBody body, Secret key, CancellationToken ct)
    {
        var call = new Call(
            HttpMethod.Post, $"/{Segment(id)}/run", Kind.Job, "take the job that wakes the endpoint", Json(body, RunpodJson.Default.RunBody));
        return !(await SendAsync(call.AcceptingAbsence(), key, ct)).IsAbsent;
    }
}
