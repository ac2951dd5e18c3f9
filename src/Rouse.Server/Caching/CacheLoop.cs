using System.Collections.Concurrent;
using System.Globalization;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rouse.Server.Caching.S3;
using Rouse.Store.Caching;
using Rouse.Store.Events;
using Rouse.Store.Ownership;

namespace Rouse.Server.Caching;

/// <summary>Fills and empties caches beside everything else, a few at a time, one writer for each place.</summary>
/// <param name="owner">This server, as leases know it.</param>
/// <param name="chance">0 to 1, for spreading tries.</param>
internal sealed partial class CacheLoop(
    CacheStore entries, CachePlaces places, CacheFill fill, LeaseStore leases, LogStore logs, CacheLimits limits, string owner, Func<double> chance, TimeProvider time,
    ILogger<CacheLoop> logger) : BackgroundService
{
    private readonly Channel<bool> _nudges = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly ConcurrentDictionary<string, Task> _running = new(StringComparer.Ordinal);

    /// <summary>Something may be due.</summary>
    public void Nudge() => _nudges.Writer.TryWrite(true);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                try
                {
                    await BeginAsync(stoppingToken);
                }
                catch (Exception error) when (!stoppingToken.IsCancellationRequested)
                {
                    LogBroken(error);
                }

                using var due = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
                var nudge = _nudges.Reader.ReadAsync(due.Token).AsTask();
                await Task.WhenAny(nudge, Task.Delay(limits.Look, time, due.Token));
                await due.CancelAsync();
                await nudge.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
                stoppingToken.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            // Each ends by itself, and gives its lease back.
            await Task.WhenAll(_running.Values);
        }
    }

    private async Task BeginAsync(CancellationToken ct)
    {
        foreach (var entry in await entries.ListDueAsync(limits.Due, ct))
        {
            if (_running.Count >= limits.Fills) return;
            if (_running.ContainsKey(entry.Id)) continue;
            // What another server works on must not keep this one from the rest.
            if (await leases.TryAcquireAsync("cache/" + entry.Id, owner, limits.Lease, ct) is not { } lease) continue;
            var begin = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _running[entry.Id] = RunAsync(entry, lease, begin.Task, ct);
            begin.SetResult();
        }
    }

    private async Task RunAsync(CacheEntry entry, Lease lease, Task begin, CancellationToken ct)
    {
        await begin;
        try
        {
            // What was lost to another server is looked at again after a while and not at once.
            if (await WorkAsync(entry, lease, ct)) Nudge();
        }
        catch (Exception error) when (!ct.IsCancellationRequested)
        {
            LogBroken(error);
        }
        catch (OperationCanceledException)
        {
            // The server stops. What is whole is noted; the next start goes on behind it.
        }
        finally
        {
            _running.TryRemove(entry.Id, out _);
        }
    }

    /// <summary>Does what is to be done for an entry, under a lease that is given back.</summary>
    /// <returns>False when another server took it over.</returns>
    internal async Task<bool> WorkAsync(CacheEntry listed, Lease lease, CancellationToken ct)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var keeper = KeepAsync(lease, stop);
        try
        {
            // Another server may have ended it since it was listed. To remove it once more would take what was put at its place since.
            if (await entries.FindAsync(listed.Wish.Tenant, listed.Wish.Place, stop.Token) is { } entry && entry.Id == listed.Id && entry.State == listed.State)
            {
                await UnderLeaseAsync(entry, lease, stop.Token);
            }

            return true;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            // Another took over while this one was away.
            return false;
        }
        finally
        {
            await stop.CancelAsync();
            await keeper;
            await leases.ReleaseAsync(lease.Name, owner, CancellationToken.None);
        }
    }

    private async Task UnderLeaseAsync(CacheEntry entry, Lease lease, CancellationToken ct)
    {
        var wish = entry.Wish;
        S3Store? store = null;
        try
        {
            store = await places.OpenAsync(wish.Tenant, wish.Deployment, wish.Place, ct) ?? throw new CacheFault("The keys of the object store are not known any more.", passing: false);
            if (entry.State == CacheState.Removing)
            {
                await fill.RemoveAsync(entry, store, lease, ct);
                LogRemoved(wish.Model, wish.Commit);
                return;
            }

            await fill.FillAsync(entry, store, await places.HubTokenAsync(wish.Tenant, wish.Deployment, ct), lease, ct);
            await TellFilledAsync(entry, ct);
        }
        catch (Exception error) when (error is not (CacheFault or S3Fault) && !ct.IsCancellationRequested)
        {
            // The top of its work. It waits like any other failure, or it would stand before all the others at every look.
            LogBroken(error);
            await entries.PostponeAsync(lease, entry.Id, "this server failed in a way that nobody expected", time.GetUtcNow() + Pause(entry.Tries), ct);
        }
        catch (Exception fault) when (fault is CacheFault or S3Fault)
        {
            var passes = fault is CacheFault { IsPassing: true } or S3Fault { IsPassing: true } && entry.Tries + 1 < limits.Tries;
            LogFailed(wish.Model, wish.Commit, entry.Tries + 1, fault.Message);
            DateTimeOffset? again = passes || entry.State == CacheState.Removing ? time.GetUtcNow() + Pause(entry.Tries) : null;
            // What the first try meets passes in most cases, and nobody waits for it.
            if (await entries.PostponeAsync(lease, entry.Id, fault.Message, again, ct) && again is null) await TellAsync(entry, "WARNING", $"The model could not be put into the {Word(entry)} cache: {fault.Message} Workers load it from the hub.", ct);
        }
        finally
        {
            using (store)
            {
                if (store is not null) await entries.CountAsync(entry.Id, store.Writes, store.Reads, CancellationToken.None);
            }
        }
    }

    private async Task TellFilledAsync(CacheEntry entry, CancellationToken ct)
    {
        if (await entries.FindAsync(entry.Wish.Tenant, entry.Wish.Place, ct) is not { } whole) return;
        LogFilled(whole.Wish.Model, whole.Wish.Commit, whole.Files, whole.Bytes);
        var size = (whole.Bytes / 1e6).ToString("0.0", CultureInfo.InvariantCulture);
        await TellAsync(entry, "INFO", $"The model lies in the {Word(entry)} cache now: {whole.Files} files, {size} MB. The next worker loads it from there.", ct);
    }

    private async Task TellAsync(CacheEntry entry, string level, string sentence, CancellationToken ct)
    {
        if (entry.Wish is not { Tenant: { } tenant, Deployment: { } deployment }) return;
        await logs.AppendAsync(tenant, deployment, [new LogEntry(time.GetUtcNow(), level, sentence)], ct);
    }

    private async Task KeepAsync(Lease lease, CancellationTokenSource stop)
    {
        try
        {
            while (true)
            {
                await Task.Delay(limits.Lease / 3, time, stop.Token);
                if (await leases.TryAcquireAsync(lease.Name, owner, limits.Lease, stop.Token) is { } kept && kept.Fence == lease.Fence) continue;
                await stop.CancelAsync();
                return;
            }
        }
        catch (OperationCanceledException)
        {
            // The work is over.
        }
        catch (Exception error)
        {
            // The top of a loop: without its lease the work must not go on.
            LogBroken(error);
            await stop.CancelAsync();
        }
    }

    private TimeSpan Pause(int tries)
    {
        var pause = limits.FirstPause * Math.Pow(2, Math.Min(tries, 20)) * (1 + (chance() / 2));
        return pause < limits.LongestPause ? pause : limits.LongestPause;
    }

    private static string Word(CacheEntry entry) => entry.Wish.Tenant is null ? "shared" : "private";
}
