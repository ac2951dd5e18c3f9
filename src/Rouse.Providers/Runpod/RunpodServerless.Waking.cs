using Rouse.Core.Ports;
using Rouse.Core.Tenancy;

namespace Rouse.Providers.Runpod;

/// <content>
/// Waking and hibernating. An endpoint without workers gets its first one from a job in its queue, so waking sends one that does nothing. Keeping a
/// worker by its lower bound instead would go on costing if we died. An endpoint without a queue gets its first one from a request: whoever asks whether
/// it can work wakes it, so here it is only let have workers.
/// </content>
public sealed partial class RunpodServerless
{
    public async ValueTask SetRunningAsync(BackendId id, bool running, ProviderAccess access, CancellationToken ct)
    {
        var key = RunpodClient.Key(access);
        var account = _accounts[key];
        if (running) await WakeAsync(account, id, key, ct);
        else await HibernateAsync(account, id, key, ct);
    }

    private async Task HibernateAsync(ServerlessAccount account, BackendId id, Secret key, CancellationToken ct)
    {
        try
        {
            // What is not there costs nothing either.
            await _client.UpdateEndpointAsync(id.Value, EndpointOrder.Hibernate(), key, ct);
        }
        finally
        {
            account.Changed();
        }

        account.With(id, memory =>
        {
            memory.WokenAt = null;
            memory.Unsee();
        });
    }

    private async Task WakeAsync(ServerlessAccount account, BackendId id, Secret key, CancellationToken ct)
    {
        if (account.With(id, memory => IsRecent(memory.WokenAt, _options.WarmUpPause))) return;
        if (account.With(id, memory => memory.IsBalancer) || (await account.ListAsync(ct)).Any(view => view.Id == id && view.IsBalancer))
        {
            await AllowAsync(account, id, key, ct);
            return;
        }

        // What was seen just now, as after its creation, need not be looked for.
        if (!account.With(id, memory => IsRecent(memory.Look?.At, _options.ListFreshness)))
        {
            var shown = (await account.ListAsync(ct)).FirstOrDefault(view => view.Id == id);
            if (shown is { IsHibernated: true }) await ChangeAsync(account, id, EndpointOrder.Allow(account.With(id, memory => memory.MaxWorkers ?? 1)), key, ct);
            await account.TryLookAsync([id]).WaitAsync(ct);
        }

        // Whoever sets the time sends the job; others who wake it meanwhile see it sent.
        if (!account.With(id, Claim)) return;
        try
        {
            if (!await _client.RunAsync(id.Value, EndpointOrder.WarmUp(_options), key, ct))
            {
                throw new ProviderException(ProviderFault.Rejected, $"Runpod's job queue does not know endpoint {id} yet, or no more. It is asked again.");
            }
        }
        catch (ProviderException refused) when (refused.Fault != ProviderFault.Unknown)
        {
            // No job waits there, so the next one who wakes it sends one.
            account.With(id, memory => memory.WokenAt = null);
            throw;
        }

        LogWoken(id);
        account.With(id, memory => memory.Unsee());
    }

    private async Task AllowAsync(ServerlessAccount account, BackendId id, Secret key, CancellationToken ct)
    {
        var shown = (await account.ListAsync(ct)).FirstOrDefault(view => view.Id == id);
        if (shown is { IsHibernated: true }) await ChangeAsync(account, id, EndpointOrder.Allow(account.With(id, memory => memory.MaxWorkers ?? 1)), key, ct);
        // Requests come to it from now on: looked at again before those that are at rest.
        account.With(id, memory => memory.Unsee());
    }

    private bool Claim(EndpointMemory memory)
    {
        if (IsRecent(memory.WokenAt, _options.WarmUpPause)) return false;
        if (memory.Look is { } look && look.At >= (memory.WokenAt ?? long.MinValue))
        {
            if (look.Total > 0 || look.Jobs > 0) return false;
        }
        else if (IsRecent(memory.WokenAt, _options.WarmUpLife))
        {
            // Nothing was seen since the last job was sent, and that one still waits.
            return false;
        }

        memory.WokenAt = memory.TouchedAt = _time.GetTimestamp();
        return true;
    }

    private bool IsRecent(long? at, TimeSpan within) => at is { } then && _time.GetElapsedTime(then) < within;
}
