using Rouse.Core.Ports;

namespace Rouse.Providers.Runpod;

/// <summary>What Runpod itself says a backend has cost. It bills by the hour at the finest, and some time later.</summary>
public sealed class RunpodBilling(RunpodClient client)
{
    /// <summary>The cost of one backend, deleted or not, over all hours that touch the given time.</summary>
    /// <param name="provider">The kind of provider that made it: <see cref="RunpodServerless.Kind"/> or <see cref="RunpodPods.Kind"/>.</param>
    /// <exception cref="ProviderException">Runpod did not tell.</exception>
    public Task<RunpodBill> OfBackendAsync(
        string provider, BackendId id, DateTimeOffset from, DateTimeOffset to, ProviderAccess access, CancellationToken ct) => provider switch
    {
        RunpodServerless.Kind => OfAsync("serverless", "serverlessId", record => record.ServerlessId, id.Value, from, to, access, ct),
        RunpodPods.Kind => OfAsync("pods", "podId", record => record.PodId, id.Value, from, to, access, ct),
        _ => throw new ArgumentException($"{provider} is none of Runpod's providers.", nameof(provider)),
    };

    /// <summary>The cost of a network volume, likewise.</summary>
    /// <exception cref="ProviderException">Runpod did not tell.</exception>
    public Task<RunpodBill> OfVolumeAsync(string volume, DateTimeOffset from, DateTimeOffset to, ProviderAccess access, CancellationToken ct) =>
        OfAsync("network-volumes", "networkVolumeId", record => record.NetworkVolumeId, volume, from, to, access, ct);

    private async Task<RunpodBill> OfAsync(
        string product,
        string filter,
        Func<BillRecord, string?> owner,
        string id,
        DateTimeOffset from,
        DateTimeOffset to,
        ProviderAccess access,
        CancellationToken ct)
    {
        var (begin, end) = (Hour(from), Hour(to) == to.ToUniversalTime() ? Hour(to) : Hour(to).AddHours(1));
        if (end <= begin) end = begin.AddHours(1);
        var reply = await client.BillAsync(product, filter, id, begin, end, RunpodClient.Key(access), ct);
        // Runpod passes over query parameters it does not know, so what it sends is filtered again.
        var ours = (reply.Records ?? []).Where(record => owner(record) == id && record.StartTime >= begin && record.StartTime < end);
        return new RunpodBill(ours.Sum(record => record.TotalAmount), begin, end);
    }

    private static DateTimeOffset Hour(DateTimeOffset time)
    {
        var utc = time.ToUniversalTime();
        return new DateTimeOffset(utc.Year, utc.Month, utc.Day, utc.Hour, 0, 0, TimeSpan.Zero);
    }
}

/// <param name="Usd">US dollars.</param>
/// <param name="From">The window that was billed: whole hours, so it may be wider than what was asked for.</param>
/// <param name="To">Exclusive.</param>
public sealed record RunpodBill(decimal Usd, DateTimeOffset From, DateTimeOffset To);
