using System.Collections.Concurrent;
using Rouse.Core.Ports;

namespace Rouse.Server.Metrics;

/// <summary>How calls to providers end, since this process began. Labels are closed sets: the providers it was built with, the kinds of faults.</summary>
internal sealed class ProviderFigures
{
    private const string Errors = "rouse_provider_errors_total";
    private const string Attempts = "rouse_attempts_total";
    private readonly ConcurrentDictionary<(string Provider, ProviderFault Fault), long> _faults = [];
    private readonly ConcurrentDictionary<(string Provider, string Outcome), long> _attempts = [];

    /// <summary>Of the products of Runpod.</summary>
    public long RunpodErrors => _faults.Where(fault => fault.Key.Provider.StartsWith("runpod", StringComparison.Ordinal)).Sum(fault => fault.Value);

    /// <summary>Makes a call and counts the fault that it ends in, if it does.</summary>
    public async ValueTask<T> CountAsync<T>(string provider, Func<ValueTask<T>> call)
    {
        try
        {
            return await call();
        }
        catch (ProviderException fault)
        {
            CountFault(provider, fault.Fault);
            throw;
        }
    }

    public async ValueTask CountAsync(string provider, Func<ValueTask> call) => await CountAsync(provider, async () =>
    {
        await call();
        return true;
    });

    public void CountFault(string provider, ProviderFault fault) => _faults.AddOrUpdate((provider, fault), 1, (_, count) => count + 1);

    /// <param name="fault">Null: the backend was created.</param>
    public void CountAttempt(string provider, ProviderFault? fault)
    {
        var outcome = fault switch
        {
            null => "created",
            ProviderFault.Unknown => "unknown",
            _ => "refused",
        };
        _attempts.AddOrUpdate((provider, outcome), 1, (_, count) => count + 1);
    }

    public void WriteTo(PrometheusText text)
    {
        text.Family(Errors, "counter", "Calls to providers that ended in a fault, since this process began.");
        foreach (var ((provider, fault), count) in _faults.OrderBy(one => one.Key)) text.Sample(Errors, count, ("provider", provider), ("fault", Word(fault)));
        text.Family(Attempts, "counter", "Attempts by what the provider answered to their create, since this process began.");
        foreach (var ((provider, outcome), count) in _attempts.OrderBy(one => one.Key)) text.Sample(Attempts, count, ("provider", provider), ("outcome", outcome));
    }

    private static string Word(ProviderFault fault) => fault switch
    {
        ProviderFault.Capacity => "capacity",
        ProviderFault.Quota => "quota",
        ProviderFault.Balance => "balance",
        ProviderFault.Unauthorized => "unauthorized",
        ProviderFault.RateLimited => "rate_limited",
        ProviderFault.Rejected => "rejected",
        _ => "unknown",
    };
}
