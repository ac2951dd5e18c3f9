using Rouse.Core.Models;
using Rouse.Core.Tenancy;

namespace Rouse.Server.Hub;

/// <summary>
/// Inspections, remembered for a minute: who asks while another asks the same waits for that answer, and each leaves by itself. What one token
/// may see is not shown to another.
/// </summary>
internal sealed class HubCatalog(HubInspector inspector, HubHttp http, HubOptions options, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Key, Flight> _flights = [];

    public Task<HubLook> InspectAsync(ModelRef model, Secret? token, FormatPolicy policy, CancellationToken ct)
    {
        var key = new Key(model, token, policy);
        lock (_gate)
        {
            if (_flights.TryGetValue(key, out var flight) && IsFresh(flight)) return flight.Look.WaitAsync(ct);
            if (_flights.Count >= options.MaxRemembered) Forget();
            var begun = new Flight(InspectAsync(key), time.GetTimestamp());
            _flights[key] = begun;
            return begun.Look.WaitAsync(ct);
        }
    }

    private async Task<HubLook> InspectAsync(Key key)
    {
        // Off the lock that the caller holds, and under nobody's token: a caller that leaves ends its own wait only.
        await Task.Yield();
        using var limit = new CancellationTokenSource(options.InspectionLimit, time);
        try
        {
            return await inspector.InspectAsync(key.Model, key.Token, key.Policy, limit.Token);
        }
        catch (OperationCanceledException)
        {
            return HubFault.Unavailable(http.Endpoint, $"no whole answer within {options.InspectionLimit.TotalSeconds:0} s");
        }
    }

    private bool IsFresh(Flight flight)
    {
        if (!flight.Look.IsCompleted) return true;
        if (!flight.Look.IsCompletedSuccessfully) return false;
        var fault = flight.Look.Result.Fault;
        var freshness = fault is null ? options.Freshness : fault.IsRetryable ? TimeSpan.Zero : options.RefusalFreshness;
        return time.GetElapsedTime(flight.Began) < freshness;
    }

    private void Forget()
    {
        foreach (var (key, _) in _flights.Where(entry => !IsFresh(entry.Value)).ToList()) _flights.Remove(key);
        // A forgotten flight still answers those who wait for it.
        foreach (var (key, _) in _flights.OrderBy(entry => entry.Value.Began).Take(_flights.Count - options.MaxRemembered + 1).ToList()) _flights.Remove(key);
    }

    private readonly record struct Key(ModelRef Model, Secret? Token, FormatPolicy Policy);

    private sealed record Flight(Task<HubLook> Look, long Began);
}
