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
            if (await ports.Store.LoadAsync(account.Tenant, backend.Name.Deployment, ct) is not { } row)
            {
                await JudgeStrangerAsync(account, provider, access, backend, ct);
            }
            else if (!IsClaimed(row, backend) && !await IsSharedAsync(provider, row, backend, ct))
            {
                LogUnclaimed(backend.Id, backend.Name, row.Phase, row.Attempt);
                hint(row.Tenant, row.Id);
            }
        }
    }

    private async ValueTask JudgeStrangerAsync(
        ProviderAccount account, IProvider provider, ProviderAccess access, ObservedBackend backend, CancellationToken ct)
    {
        var key = (account, backend.Id);
        if (_strangers.TryAdd(key, time.GetTimestamp())) LogStranger(backend.Id, backend.Name, options.StrangerGrace);
        if (time.GetElapsedTime(_strangers[key]) < options.StrangerGrace) return;
        await BoundedCall.RunAsync(
            async token =>
            {
                await provider.DeleteAsync(backend.Id, access, token);
                return true;
            },
            provider.Traits.CallTimeout,
            time,
            ct);
        LogStrangerDeleted(backend.Id, backend.Name);
    }

    private async ValueTask<bool> IsSharedAsync(IProvider provider, DeploymentState row, ObservedBackend backend, CancellationToken ct) =>
        provider.Traits.HasOwnQueue && (await ports.Store.UsedByOthersAsync(row.Tenant, row.Id, [backend.Id], ct)).Count > 0;

    private static bool IsClaimed(DeploymentState row, ObservedBackend backend) =>
        !row.Phase.IsEnded() && backend.Name.Attempt == row.Attempt && (row.Backend is null ? row.Outcome != AttemptOutcome.Refused : row.Backend == backend.Id);
}
