using Rouse.Core.Jobs;
using Rouse.Core.Ports;

namespace Rouse.Server.Background;

/// <summary>Calls to a provider's queue, each bounded and within the account's rates.</summary>
/// <param name="looking">Bounds how many looks are under way, over all accounts.</param>
internal sealed class JobRelayCalls(IJobRelay relay, JobRelayAccount account, SemaphoreSlim looking, JobRelayLimits limits, TimeProvider time)
{
    /// <remarks>A stop waits for its answer: given up, the job would be handed on twice.</remarks>
    public async ValueTask<ProviderJobId> SubmitAsync(RelayedBackend backend, HandedJob job, CancellationToken ct)
    {
        await account.Submits.WaitAsync(ct);
        return await CallAsync(account.Submits, token => relay.SubmitAsync(backend.Backend, job, backend.Access, token), CancellationToken.None);
    }

    public async ValueTask<JobSighting?> LookAsync(RelayedBackend backend, ProviderJobId job, CancellationToken ct)
    {
        await account.Looks.WaitAsync(ct);
        await looking.WaitAsync(ct);
        try
        {
            return await CallAsync(account.Looks, token => relay.LookAsync(backend.Backend, job, backend.Access, token), ct);
        }
        finally
        {
            looking.Release();
        }
    }

    /// <summary>Tries more than once; answers whether it was done.</summary>
    public async ValueTask<bool> CancelAsync(RelayedBackend backend, ProviderJobId job, CancellationToken ct)
    {
        for (var tries = 1; tries <= limits.CancelTries; tries++)
        {
            try
            {
                await account.Cancels.WaitAsync(ct);
                return await CallAsync(account.Cancels, token => CancelOnceAsync(backend, job, token), ct);
            }
            catch (ProviderException fault)
            {
                if (fault.Fault is ProviderFault.Rejected) return false;
                await Task.Delay(fault.RetryAfter ?? limits.FirstHold * tries, time, ct);
            }
        }

        return false;
    }

    private async ValueTask<bool> CancelOnceAsync(RelayedBackend backend, ProviderJobId job, CancellationToken ct)
    {
        await relay.CancelAsync(backend.Backend, job, backend.Access, ct);
        return true;
    }

    private async ValueTask<T> CallAsync<T>(JobRelayPace pace, Func<CancellationToken, ValueTask<T>> call, CancellationToken ct)
    {
        try
        {
            return await BoundedCall.RunAsync(call, limits.CallTimeout, time, ct);
        }
        catch (ProviderException fault) when (fault.Fault == ProviderFault.RateLimited)
        {
            pace.Hold(fault.RetryAfter ?? limits.FirstHold);
            throw;
        }
    }
}
