using Rouse.Core.Tenancy;

namespace Rouse.Providers.Runpod;

/// <content>What Runpod sells.</content>
public sealed partial class RunpodClient
{
    /// <param name="product">SERVERLESS or POD: stock differs by it.</param>
    internal async Task<GpuListReply> ListGpusAsync(string product, Secret key, CancellationToken ct)
    {
        var call = new Call(HttpMethod.Get, $"/v2/catalog/gpus?include=AVAILABILITY&product={product}", Kind.Read, "list its GPUs");
        return (await SendAsync(call, key, ct)).Parse(RunpodJson.Default.GpuListReply);
    }
}
