using System.Text.Json.Nodes;
using Rouse.FakeRunpod.Http;
using Rouse.FakeRunpod.World;

namespace Rouse.FakeRunpod.Billing;

/// <summary><c>/v2/billing</c>: what the ledger knows, cut into buckets of time. Buckets without a charge have no record.</summary>
internal sealed class BillingRoutes(RunpodWorld world)
{
    public void Map(Router router)
    {
        router.Get("/v2/billing/serverless", call => ByResource(call, "serverlessId", "uniqueServerlessCount", Serverless, ChargeKind.Serverless));
        router.Get("/v2/billing/pods", call => ByResource(call, "podId", "uniquePodCount", Pods, ChargeKind.Pod, ChargeKind.PodDisk));
        router.Get("/v2/billing/network-volumes", call => ByResource(call, "networkVolumeId", "uniqueNetworkVolumeCount", Volumes, ChargeKind.Volume));
        router.Get("/v2/billing", All);
    }

    private Answer ByResource(Call call, string filter, string count, Func<Sums, JsonObject> view, params ChargeKind[] kinds)
    {
        var (period, refusal) = Period.From(call, world.Now);
        if (period is null) return refusal!;
        var only = call.Query(filter);
        var charges = Of(call).Where(charge => kinds.Contains(charge.Kind) && (only is null || charge.ResourceId == only)).ToList();
        var records = period.Buckets()
            .SelectMany(bucket => charges.Select(static charge => charge.ResourceId).Distinct(StringComparer.Ordinal).Select(id => (Id: id, bucket.From, bucket.To)))
            .Select(place => (place.Id, place.From, place.To, View: view(Sum(charges.Where(charge => charge.ResourceId == place.Id), place.From, place.To))))
            .Where(static record => (decimal)record.View["totalAmount"]! > 0)
            .ToList();
        var query = period.Json();
        query[filter] = only;
        return Answer.Ok(new JsonObject
        {
            ["records"] = Json.Array(records.Select(record =>
            {
                record.View[filter] = record.Id;
                return Timed(record.View, record.From, record.To);
            })),
            ["metadata"] = new JsonObject
            {
                ["query"] = query,
                ["recordCount"] = records.Count,
                [count] = records.Select(static record => record.Id).Distinct(StringComparer.Ordinal).Count(),
                ["totals"] = view(Sum(charges, period.Start, period.End)),
            },
        });
    }

    private Answer All(Call call)
    {
        var (period, refusal) = Period.From(call, world.Now);
        if (period is null) return refusal!;
        var charges = Of(call).ToList();
        var records = period.Buckets()
            .Select(bucket => (bucket, Sums: Sum(charges, bucket.From, bucket.To)))
            .Where(static record => record.Sums.Total > 0)
            .ToList();
        return Answer.Ok(new JsonObject
        {
            ["records"] = Json.Array(records.Select(static record => Timed(Everything(record.Sums), record.bucket.From, record.bucket.To))),
            ["metadata"] = new JsonObject { ["query"] = period.Json(), ["recordCount"] = records.Count, ["totals"] = Everything(Sum(charges, period.Start, period.End)) },
        });
    }

    private IEnumerable<Charge> Of(Call call) => world.Ledger.Charges.Where(charge => charge.Account == call.Account.Name);

    private Sums Sum(IEnumerable<Charge> charges, DateTimeOffset from, DateTimeOffset to)
    {
        var sums = charges.GroupBy(static charge => charge.Kind)
            .ToDictionary(static kind => kind.Key, kind => kind.Sum(charge => charge.Amount(from, to, world.Now)));
        return new Sums(
            sums.GetValueOrDefault(ChargeKind.Serverless), sums.GetValueOrDefault(ChargeKind.Pod), sums.GetValueOrDefault(ChargeKind.PodDisk), sums.GetValueOrDefault(ChargeKind.Volume));
    }

    private static JsonNode Timed(JsonObject view, DateTimeOffset from, DateTimeOffset to)
    {
        (view["startTime"], view["endTime"]) = (from.UtcDateTime, to.UtcDateTime);
        return view;
    }

    private static JsonObject Serverless(Sums sums) =>
        new() { ["totalAmount"] = sums.Serverless, ["gpuAmount"] = sums.Serverless, ["cpuAmount"] = 0m, ["diskAmount"] = 0m, ["feeAmount"] = 0m };

    private static JsonObject Pods(Sums sums) =>
        new() { ["totalAmount"] = sums.Pod + sums.PodDisk, ["gpuAmount"] = sums.Pod, ["cpuAmount"] = 0m, ["diskAmount"] = sums.PodDisk };

    private static JsonObject Volumes(Sums sums) =>
        new() { ["totalAmount"] = sums.Volume, ["standardAmount"] = sums.Volume, ["highPerformanceAmount"] = 0m };

    private static JsonObject Everything(Sums sums) => new()
    {
        ["totalAmount"] = sums.Total,
        ["podGpuAmount"] = sums.Pod,
        ["podCpuAmount"] = 0m,
        ["podDiskAmount"] = sums.PodDisk,
        ["serverlessGpuAmount"] = sums.Serverless,
        ["serverlessCpuAmount"] = 0m,
        ["serverlessDiskAmount"] = 0m,
        ["serverlessFeeAmount"] = 0m,
        ["storageStandardAmount"] = sums.Volume,
        ["storageHighPerformanceAmount"] = 0m,
        ["endpointAmount"] = 0m,
        ["clusterGpuAmount"] = 0m,
        ["clusterDiskAmount"] = 0m,
        ["clusterNetworkingAmount"] = 0m,
    };

    private sealed record Sums(decimal Serverless, decimal Pod, decimal PodDisk, decimal Volume)
    {
        public decimal Total => Serverless + Pod + PodDisk + Volume;
    }
}
