using System.Net;
using Rouse.Core.Tenancy;

namespace Rouse.Providers.Runpod;

/// <content>Pods.</content>
public sealed partial class RunpodClient
{
    /// <param name="secrets">Values of the body's variables that must not be shown.</param>
    internal async Task<PodReply> CreatePodAsync(CreatePodBody body, IEnumerable<string> secrets, Secret key, CancellationToken ct)
    {
        var call = new Call(HttpMethod.Post, "/v2/pods", Kind.Write, "create the pod", Json(body, RunpodJson.Default.CreatePodBody)) { Secrets = secrets };
        return (await SendAsync(call, key, ct)).Parse(RunpodJson.Default.PodReply);
    }

    /// <summary>All but those of clusters, which are not ours.</summary>
    internal async Task<PodListReply> ListPodsAsync(Secret key, CancellationToken ct) =>
        (await SendAsync(new Call(HttpMethod.Get, "/v2/pods", Kind.Read, "list the pods"), key, ct)).Parse(RunpodJson.Default.PodListReply);

    /// <returns>Null when there is no such pod.</returns>
    internal async Task<PodReply?> GetPodAsync(string id, Secret key, CancellationToken ct)
    {
        var answer = await SendAsync(new Call(HttpMethod.Get, $"/v2/pods/{Segment(id)}", Kind.Read, "show the pod").AcceptingAbsence(), key, ct);
        return answer.IsAbsent ? null : answer.Parse(RunpodJson.Default.PodReply);
    }

    internal async Task<PodAnswer> ActOnPodAsync(string id, string action, Secret key, CancellationToken ct)
    {
        var body = Json(new PodActionBody(action), RunpodJson.Default.PodActionBody);
        var call = new Call(HttpMethod.Post, $"/v2/pods/{Segment(id)}/action", Kind.Write, $"{action} the pod", body)
        {
            Accepts = static (status, _) => status is HttpStatusCode.NotFound or HttpStatusCode.Conflict,
        };
        return (await SendAsync(call, key, ct)).Status switch
        {
            HttpStatusCode.NotFound => PodAnswer.Absent,
            HttpStatusCode.Conflict => PodAnswer.NotInThisState,
            _ => PodAnswer.Done,
        };
    }

    /// <summary>Deleting what is not there is done; services behind the API say so in a text of their own.</summary>
    internal Task DeletePodAsync(string id, Secret key, CancellationToken ct)
    {
        var call = new Call(HttpMethod.Delete, $"/v2/pods/{Segment(id)}", Kind.Write, "delete the pod")
        {
            Accepts = static (status, text) =>
                status == HttpStatusCode.NotFound || text.Contains("pod not found to terminate", StringComparison.OrdinalIgnoreCase),
        };
        return SendAsync(call, key, ct);
    }
}
