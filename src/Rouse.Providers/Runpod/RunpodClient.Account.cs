using System.Globalization;
using Rouse.Core.Tenancy;

namespace Rouse.Providers.Runpod;

/// <content>The account: its volumes, its bills, its balance.</content>
public sealed partial class RunpodClient
{
    internal async Task<VolumeListReply> ListVolumesAsync(Secret key, CancellationToken ct)
    {
        var call = new Call(HttpMethod.Get, "/v2/network-volumes", Kind.Read, "list the network volumes");
        return (await SendAsync(call, key, ct)).Parse(RunpodJson.Default.VolumeListReply);
    }

    /// <param name="product">serverless, pods or network-volumes.</param>
    /// <param name="filter">The query's name for the resource's id.</param>
    /// <param name="from">A whole hour, as is <paramref name="to"/>: Runpod widens other windows.</param>
    internal async Task<BillReply> BillAsync(
        string product, string filter, string id, DateTimeOffset from, DateTimeOffset to, Secret key, CancellationToken ct)
    {
        var path = $"/v2/billing/{product}?bucketSize=hour&startTime={Rfc3339(from)}&endTime={Rfc3339(to)}&{filter}={Segment(id)}";
        return (await SendAsync(new Call(HttpMethod.Get, path, Kind.Read, "show the bill"), key, ct)).Parse(RunpodJson.Default.BillReply);
    }

    /// <summary>The one thing REST v2 does not tell. A key that may not ask gets an answer without data.</summary>
    internal Task<GraphQlMyself?> BalanceAsync(Secret key, CancellationToken ct) => AskAsync("clientBalance currentSpendPerHr", "tell the balance", key, ct);

    /// <summary>Whose key it is: REST v2 does not tell that either.</summary>
    internal Task<GraphQlMyself?> OwnerAsync(Secret key, CancellationToken ct) => AskAsync("id", "tell whose key it is", key, ct);

    private async Task<GraphQlMyself?> AskAsync(string fields, string doing, Secret key, CancellationToken ct)
    {
        var body = Json(new GraphQlBody($"query {{ myself {{ {fields} }} }}"), RunpodJson.Default.GraphQlBody);
        var answer = await SendAsync(new Call(HttpMethod.Post, "/graphql", Kind.Read, doing, body), key, ct);
        return answer.Parse(RunpodJson.Default.GraphQlReply).Data?.Myself;
    }

    private static string Rfc3339(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
