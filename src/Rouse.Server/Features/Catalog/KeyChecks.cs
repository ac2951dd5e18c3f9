using Rouse.Core.Ports;
using Rouse.Core.Tenancy;
using Rouse.Providers.Runpod;
using Rouse.Server.Hub;

namespace Rouse.Server.Features.Catalog;

/// <summary>Asks those who gave a key out whether it is good, and what its account has left. Creates nothing, keeps nothing.</summary>
internal sealed class KeyChecks(HubHttp hub, RunpodAccountCheck runpod)
{
    public const string HubWord = "huggingface";

    private const int MaxBytes = 64 << 10;

    /// <summary>Whose keys can be checked.</summary>
    public static IReadOnlyList<string> Words { get; } = [HubWord, RunpodServerless.Kind, RunpodPods.Kind];

    /// <param name="provider">One of <see cref="Words"/>.</param>
    public Task<KeyVerdict> CheckAsync(string provider, Secret key, CancellationToken ct) => provider == HubWord ? CheckHubAsync(key, ct) : CheckRunpodAsync(key, ct);

    /// <returns>Null when the provider does not tell.</returns>
    public async Task<RunpodBalance?> BalanceAsync(string provider, Secret? key, CancellationToken ct)
    {
        if (key is null || provider is not (RunpodServerless.Kind or RunpodPods.Kind)) return null;
        try
        {
            return await runpod.BalanceAsync(key, ct);
        }
        catch (ProviderException)
        {
            // Good to know, and no reason to tell nothing else.
            return null;
        }
    }

    private async Task<KeyVerdict> CheckRunpodAsync(Secret key, CancellationToken ct)
    {
        try
        {
            var state = await runpod.CheckAsync(key, ct);
            return new KeyVerdict(state.IsValid, state.Message);
        }
        catch (ProviderException fault)
        {
            return new KeyVerdict(null, fault.Message);
        }
    }

    private async Task<KeyVerdict> CheckHubAsync(Secret key, CancellationToken ct)
    {
        var answer = await hub.GetAsync("/api/whoami-v2", key, range: null, MaxBytes, ct);
        if (answer.IsGood) return new KeyVerdict(true, "The hub accepts this token.");
        return answer.Status is 401 or 403
            ? new KeyVerdict(false, $"The hub refuses this token. Make one at {hub.Endpoint}/settings/tokens.")
            : new KeyVerdict(null, $"The hub could not be asked ({answer.Words}). Try again later.");
    }
}
