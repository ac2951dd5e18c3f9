using Rouse.Core.Ports;
using Rouse.Core.Tenancy;

namespace Rouse.Providers.Runpod;

/// <summary>Whether a key is good, and what its account has left. Nothing is created or changed.</summary>
public sealed class RunpodAccountCheck(RunpodClient client)
{
    /// <summary>Asks for the shortest list there is. A key that Runpod refuses is an answer; what says nothing of the key is a fault.</summary>
    /// <exception cref="ProviderException">Runpod could not be asked: the key may be good.</exception>
    public async Task<RunpodKeyState> CheckAsync(Secret key, CancellationToken ct)
    {
        try
        {
            await client.ListVolumesAsync(key, ct);
        }
        catch (ProviderException refused) when (refused.Fault == ProviderFault.Unauthorized)
        {
            return new RunpodKeyState(IsValid: false, refused.Message);
        }

        return new RunpodKeyState(IsValid: true, "Runpod accepts this key.");
    }

    /// <summary>The stable id of the account that a good key opens: another key of the same account has the same.</summary>
    /// <returns>Null when this key may not ask for it, or Runpod does not say.</returns>
    /// <exception cref="ProviderException">Runpod could not be asked: it may say so later.</exception>
    public async Task<string?> OwnerAsync(Secret key, CancellationToken ct)
    {
        try
        {
            return await client.OwnerAsync(key, ct) is { Id: { Length: > 0 and <= 200 } id } ? id : null;
        }
        catch (ProviderException refused) when (refused.Fault is ProviderFault.Unauthorized or ProviderFault.Rejected)
        {
            return null;
        }
    }

    /// <returns>Null when this key may not ask for it, or Runpod does not say.</returns>
    /// <exception cref="ProviderException">Runpod could not be asked.</exception>
    public async Task<RunpodBalance?> BalanceAsync(Secret key, CancellationToken ct)
    {
        try
        {
            var myself = await client.BalanceAsync(key, ct);
            return myself?.ClientBalance is { } left ? new RunpodBalance(left, myself.CurrentSpendPerHr ?? 0) : null;
        }
        catch (ProviderException refused) when (refused.Fault is ProviderFault.Unauthorized or ProviderFault.Rejected)
        {
            return null;
        }
    }
}
