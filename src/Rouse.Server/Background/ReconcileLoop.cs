using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rouse.Core.Deployments;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;

namespace Rouse.Server.Background;

/// <summary>The bounds of the loop, each with its reason.</summary>
internal sealed record ReconcileLoopOptions
{
    /// <summary>
    /// Passes at once: many wait for the same list of a provider, which is read once a second at most, and what is new must not wait behind them. One
    /// that waits costs a few KiB; how many calls go out is bounded where they are made.
    /// </summary>
    public int Parallelism { get; init; } = 512;

    /// <summary>How often all active rows are read: what another replica accepted, or a lost hint, waits this long at most.</summary>
    public TimeSpan Rescan { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>After the first fault in a row; doubled by each further one.</summary>
    public TimeSpan FirstBackoff { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>A provider that came back is noticed within this time.</summary>
    public TimeSpan MaxBackoff { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long an account whose key was refused is left alone: only its owner can mend it.</summary>
    public TimeSpan UnauthorizedHold { get; init; } = TimeSpan.FromSeconds(60);
}

/// <summary>Runs a <see cref="ReconcilePass"/> for each deployment that news, its due time or a rescan names.</summary>
/// <param name="listActive">Every deployment with something left to do: all but the failed and the deleted ones whose release is noted.</param>
/// <param name="chance">A number in [0, 1), for the jitter.</param>
internal sealed partial class ReconcileLoop(
    ReconcilePass pass,
    Func<CancellationToken, ValueTask<IReadOnlyList<(TenantId Tenant, DeploymentId Id)>>> listActive,
    ReconcileLoopOptions options,
    Func<double> chance,
    TimeProvider time,
    ILogger<ReconcileLoop> logger) : BackgroundService
{
    private readonly ReconcileSchedule _schedule = new();
    private readonly long _origin = time.GetTimestamp();
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private TimeSpan Now => time.GetElapsedTime(_origin);

    /// <summary>Something happened to the deployment: look soon. Returns at once.</summary>
    public void Hint(TenantId tenant, DeploymentId id)
    {
        _schedule.Ask(new DeploymentKey(tenant, id), Now);
        _wake.Writer.TryWrite(true);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Holds nothing back: a pass that waits here has not begun.
        var work = Channel.CreateBounded<DeploymentKey>(1);
        var workers = Enumerable.Range(0, options.Parallelism).Select(_ => WorkAsync(work.Reader, stoppingToken));
        await Task.WhenAll([DispatchAsync(work.Writer, stoppingToken), RescanAsync(stoppingToken), .. workers]);
    }

    private async Task DispatchAsync(ChannelWriter<DeploymentKey> work, CancellationToken stopping)
    {
        await using var alarm = time.CreateTimer(_ => _wake.Writer.TryWrite(true), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        while (true)
        {
            TimeSpan? next;
            while (_schedule.TryTake(Now, out var key, out next)) await work.WriteAsync(key.Value, stopping);
            if (next is { } due) alarm.Change(due > Now ? due - Now : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
            await _wake.Reader.ReadAsync(stopping);
        }
    }

    private async Task RescanAsync(CancellationToken stopping)
    {
        while (true)
        {
            try
            {
                foreach (var (tenant, id) in await listActive(stopping)) _schedule.Add(new DeploymentKey(tenant, id), Now);
                _wake.Writer.TryWrite(true);
            }
            catch (Exception failure) when (!stopping.IsCancellationRequested)
            {
                LogRescanFailed(failure);
            }

            await Task.Delay(options.Rescan, time, stopping);
        }
    }

    private async Task WorkAsync(ChannelReader<DeploymentKey> work, CancellationToken stopping)
    {
        await foreach (var key in work.ReadAllAsync(stopping))
        {
            PassResult result;
            try
            {
                result = await pass.RunAsync(key.Tenant, key.Id, stopping);
            }
            catch (Exception failure) when (!stopping.IsCancellationRequested)
            {
                LogPassFailed(failure, key.Id);
                result = PassResult.Failed(new ProviderException(ProviderFault.Unknown, failure.Message, failure), account: null);
            }

            var delay = result.Fault is { } fault ? DelayAfter(fault, result.Account, key) : result.Again;
            _schedule.Finish(key, Now + delay, failed: result.Fault is not null, result.Account);
            _wake.Writer.TryWrite(true);
        }
    }

    private TimeSpan DelayAfter(ProviderException fault, ProviderAccount? account, DeploymentKey key)
    {
        var doublings = Math.Min(_schedule.CountFault(key) - 1, 30);
        var most = TimeSpan.FromTicks((long)Math.Min(options.MaxBackoff.Ticks, options.FirstBackoff.Ticks * Math.Pow(2, doublings)));
        // Half of it by chance: what failed together must not come back together.
        var delay = most * (0.5 + (0.5 * chance()));
        var hold = fault.Fault switch
        {
            ProviderFault.Unauthorized => options.UnauthorizedHold,
            ProviderFault.RateLimited => fault.RetryAfter ?? delay,
            _ => TimeSpan.Zero,
        };
        if (hold > TimeSpan.Zero && account is not null)
        {
            _schedule.Hold(account, Now + hold);
            LogAccountHeld(account.Tenant, account.Provider, hold, fault.Fault);
        }

        return hold > delay ? hold : delay;
    }
}
