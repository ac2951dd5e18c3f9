using System.Diagnostics;
using Rouse.Core.Deployments;
using Rouse.Core.Ports;
using Rouse.Server.Telemetry;

namespace Rouse.Server.Metrics;

/// <summary>A provider whose faults and attempts are counted; it changes nothing else.</summary>
internal sealed class CountedProvider(IProvider inner, ProviderFigures figures) : IProvider
{
    public ProviderTraits Traits => inner.Traits;

    public ValueTask<IReadOnlyList<Offer>> ListOffersAsync(string? region, ProviderAccess access, CancellationToken ct) =>
        CallAsync("list_offers", () => inner.ListOffersAsync(region, access, ct));

    public async ValueTask<BackendId> CreateAsync(BackendRequest request, ProviderAccess access, CancellationToken ct)
    {
        using var span = Begin("create");
        try
        {
            var id = await inner.CreateAsync(request, access, ct);
            figures.CountAttempt(Traits.Kind, fault: null);
            return id;
        }
        catch (ProviderException fault)
        {
            End(span, fault.Fault);
            figures.CountAttempt(Traits.Kind, fault.Fault);
            figures.CountFault(Traits.Kind, fault.Fault);
            throw;
        }
        catch (OperationCanceledException)
        {
            figures.CountAttempt(Traits.Kind, ProviderFault.Unknown);
            throw;
        }
    }

    public ValueTask<IReadOnlyList<ObservedBackend>> ListOwnedAsync(OwnerPrefix prefix, ProviderAccess access, CancellationToken ct) =>
        CallAsync("list", () => inner.ListOwnedAsync(prefix, access, ct));

    public async ValueTask SetRunningAsync(BackendId id, bool running, ProviderAccess access, CancellationToken ct) =>
        await CallAsync(running ? "wake" : "sleep", () => inner.SetRunningAsync(id, running, access, ct));

    public async ValueTask ScaleAsync(BackendId id, WorkerScaling workers, ProviderAccess access, CancellationToken ct) =>
        await CallAsync("scale", () => inner.ScaleAsync(id, workers, access, ct));

    public async ValueTask RenewAsync(BackendId id, string image, ProviderAccess access, CancellationToken ct) =>
        await CallAsync("renew", () => inner.RenewAsync(id, image, access, ct));

    public async ValueTask DeleteAsync(BackendId id, ProviderAccess access, CancellationToken ct) => await CallAsync("delete", () => inner.DeleteAsync(id, access, ct));

    private async ValueTask<T> CallAsync<T>(string call, Func<ValueTask<T>> make)
    {
        using var span = Begin(call);
        try
        {
            return await figures.CountAsync(Traits.Kind, make);
        }
        catch (ProviderException fault)
        {
            End(span, fault.Fault);
            throw;
        }
    }

    private async ValueTask CallAsync(string call, Func<ValueTask> make)
    {
        using var span = Begin(call);
        try
        {
            await figures.CountAsync(Traits.Kind, make);
        }
        catch (ProviderException fault)
        {
            End(span, fault.Fault);
            throw;
        }
    }

    /// <summary>Only within somebody's trace: looks by the clock are nobody's.</summary>
    private Activity? Begin(string call) => Activity.Current is null ? null
        : ServerTracing.Source.StartActivity("provider " + call, ActivityKind.Client)?.SetTag("rouse.provider", Traits.Kind).SetTag("rouse.call", call);

    // The fault's word, never its message: that quotes the provider.
    private static void End(Activity? span, ProviderFault fault) => span?.SetStatus(ActivityStatusCode.Error).SetTag("rouse.outcome", fault.ToString());
}
