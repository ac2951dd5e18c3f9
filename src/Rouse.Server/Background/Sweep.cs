using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rouse.Core.Deployments;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;

namespace Rouse.Server.Background;

internal sealed record SweepOptions
{
    /// <summary>A backend that no row claims lives this long at most once the provider shows it.</summary>
    public TimeSpan Period { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a backend of a deployment that does not exist is left alone: time for a store that was restored to be put right.</summary>
    public TimeSpan StrangerGrace { get; init; } = TimeSpan.FromMinutes(15);
}

/// <summary>
/// The net under the reconciler: asks every account what runs there in our name, and has looked at what no row claims. Passes forget a deployment
/// once it is released; this does not.
/// </summary>
/// <param name="accounts">Every account where anything of ours may live, those of ended deployments too.</param>
/// <param name="hint">Asks for a pass (<see cref="ReconcileLoop.Hint"/>).</param>
internal sealed partial class Sweep(
    ReconcilePorts ports,
    Func<CancellationToken, ValueTask<IReadOnlyList<ProviderAccount>>> accounts,
    Action<TenantId, DeploymentId> hint,
    SweepOptions options,
    TimeProvider time,
    ILogger<Sweep> logger) : BackgroundService
{
    private readonly Claims _claims = new(ports);
    private readonly Dictionary<(ProviderAccount Account, BackendId Id), long> _strangers = [];

    /// <summary>One round over all accounts. An account that fails does not keep the others from their turn.</summary>
    public async Task RunOnceAsync(CancellationToken ct)
    {
        foreach (var account in await accounts(ct))
        {
            try
            {
                await SweepAsync(account, ct);
            }
            catch (Exception failure) when (!ct.IsCancellationRequested)
            {
                LogAccountFailed(failure, account.Tenant, account.Provider);
            }
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            try
            {
                await RunOnceAsync(stoppingToken);
            }
            catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
            {
                LogRoundFailed(failure);
            }

            await Task.Delay(options.Period, time, stoppingToken);
        }
    }

    private async ValueTask SweepAsync(ProviderAccount account, CancellationToken ct)
    {
        var provider = ports.Providers[account.Provider];
        var access = await ports.Access(account, ct);
        var prefix = OwnerPrefix.For(ports.Installation, account.Tenant);
        var owned = await BoundedCall.RunAsync(token => provider.ListOwnedAsync(prefix, access, token), provider.Traits.CallTimeout, time, ct);
        var gone = _strangers.Keys.Where(key => key.Account == account && owned.All(backend => backend.Id != key.Id)).ToList();
        gone.ForEach(key => _strangers.Remove(key));
        foreach (var backend in owned.Where(backend => backend.Name.Owner == prefix))
        {
            var claim = await _claims.JudgeAsync(account, backend, ct);
            if (claim.IsStranger)
            {
                await JudgeStrangerAsync(account, provider, access, backend, ct);
            }
            else if (claim.WhyNobodys is { } why)
            {
                LogUnclaimed(backend.Id, backend.Name, why);
                hint(account.Tenant, backend.Name.Deployment);
            }
        }
    }

    private async ValueTask JudgeStrangerAsync(
        ProviderAccount account, IProvider provider, ProviderAccess access, ObservedBackend backend, CancellationToken ct)
    {
        var key = (account, backend.Id);
        if (_strangers.TryAdd(key, time.GetTimestamp())) LogStranger(backend.Id, backend.Name, options.StrangerGrace);
        if (time.GetElapsedTime(_strangers[key]) < options.StrangerGrace) return;
        await BoundedCall.RunAsync(token => provider.DeleteAsync(backend.Id, access, token), provider.Traits.CallTimeout, time, ct);
        LogStrangerDeleted(backend.Id, backend.Name);
    }
}
