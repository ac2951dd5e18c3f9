using System.Diagnostics;
using Rouse.Contracts.Deployments;
using Rouse.FakeRunpod.Http;

namespace Rouse.Bench.Runpod;

/// <content>What is done, one step after the other.</content>
internal sealed partial class RunpodLoad
{
    /// <summary>Until both sides run as they would after an hour: compilers included.</summary>
    private async Task WarmUpAsync()
    {
        List<string> ids = [];
        for (var i = 0; i < WarmUps; i++) ids.Add((await _fleet.DeployAsync(Apart)).DeploymentId);
        foreach (var id in ids) await _fleet.UntilAsync(id, view => view.Status == "ready", s_patience);
        foreach (var id in ids) await _fleet.DeleteAsync(id);
    }

    private async Task<(DeploymentView View, TimeSpan Took)> StarveAsync()
    {
        var start = Stopwatch.GetTimestamp();
        var id = (await _starved.DeployAsync(Starved)).DeploymentId;
        var ready = await _starved.UntilAsync(id, view => view.Status is "ready" or "failed", s_patience);
        var took = Stopwatch.GetElapsedTime(start);
        await _starved.DeleteAsync(id);
        await _starved.UntilAsync(id, view => view.Status == "deleted", s_patience);
        return (ready, took);
    }

    private async Task<IReadOnlyList<string>> PostAllAsync()
    {
        var ids = await Task.WhenAll(await PaceAsync(Enumerable.Range(0, _count), async _ =>
        {
            var (at, start) = (Now, Stopwatch.GetTimestamp());
            var id = (await _fleet.DeployAsync(Fleet)).DeploymentId;
            _answeredIn[id] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            _postedAt[id] = at;
            return id;
        }));
        await UntilAsync(() => Wakes().Count >= _count + WarmUps);
        return ids;
    }

    /// <summary>Nothing changes: the server's CPU time, and the calls it made to the provider a second.</summary>
    private async Task<(TimeSpan Cpu, double CallsPerSecond)> WaitAsync()
    {
        await Task.Delay(s_rest, TimeProvider.System);
        var (cpu, from) = (_server.Cpu, Now);
        await Task.Delay(_waiting, TimeProvider.System);
        var (spent, to) = (_server.Cpu - cpu, Now);
        if (_upAt.Values.Any(due => due > from && due < to)) throw new InvalidOperationException("Workers became ready while nothing was to change.");
        var calls = _runpod.Calls.Count(call => call.Plane != CallPlane.Worker && call.Account == FleetAccount && call.At >= from && call.At < to);
        return (spent, calls / (to - from).TotalSeconds);
    }

    private async Task<IReadOnlyList<DeploymentView>> ReadyAsync(IReadOnlyList<string> ids)
    {
        var last = ids.Max(id => _upAt[id]);
        if (last > Now) await Task.Delay(last - Now, TimeProvider.System);
        return await AllAsync(ids, view => view.Status == "ready");
    }

    /// <summary>Milliseconds from a request to its answer that it is ready.</summary>
    private async Task<IReadOnlyList<double>> WarmHitsAsync()
    {
        List<string> ids = [(await _fleet.DeployAsync(Warm)).DeploymentId];
        await _fleet.UntilAsync(ids[0], view => view.Status == "ready", s_patience);
        List<double> times = [];
        for (var i = 0; i < WarmHits; i++)
        {
            var start = Stopwatch.GetTimestamp();
            var reply = await _fleet.DeployAsync(Warm);
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            if (reply.Status != "warm_ready") throw new InvalidOperationException("Not answered ready but " + reply.Status);
            ids.Add(reply.DeploymentId);
        }

        foreach (var id in ids) await _fleet.DeleteAsync(id);
        return times;
    }

    private async Task<IReadOnlyList<DeploymentView>> DeleteAllAsync(IReadOnlyList<string> ids)
    {
        await Task.WhenAll(await PaceAsync(ids, async id =>
        {
            _deletedAt[id] = Now;
            await _fleet.DeleteAsync(id);
            return id;
        }));
        return await AllAsync(ids, view => view.ResourcesReleasedAt is not null);
    }

    private async Task<IReadOnlyList<DeploymentView>> AllAsync(IReadOnlyList<string> ids, Func<DeploymentView, bool> expected)
    {
        List<DeploymentView> views = [];
        foreach (var id in ids) views.Add(await _fleet.UntilAsync(id, expected, s_patience));
        return views;
    }

    /// <summary>Begins one after the other at the set rate, done or not.</summary>
    private async Task<IReadOnlyList<Task<string>>> PaceAsync<T>(IEnumerable<T> items, Func<T, Task<string>> act)
    {
        var start = Stopwatch.GetTimestamp();
        List<Task<string>> begun = [];
        foreach (var item in items)
        {
            var wait = TimeSpan.FromSeconds(begun.Count / _rate) - Stopwatch.GetElapsedTime(start);
            if (wait > TimeSpan.Zero) await Task.Delay(wait, TimeProvider.System);
            begun.Add(act(item));
        }

        return begun;
    }

    private static async Task UntilAsync(Func<bool> holds)
    {
        using var bound = new CancellationTokenSource(s_patience, TimeProvider.System);
        while (!holds()) await Task.Delay(TimeSpan.FromSeconds(0.5), TimeProvider.System, bound.Token);
    }

    /// <summary>By endpoint: when the job came that wakes it.</summary>
    private Dictionary<string, DateTimeOffset> Wakes() => _runpod.Calls
        .Where(call => call.Plane == CallPlane.Jobs && call.Account == FleetAccount && call.Path.EndsWith("/run", StringComparison.Ordinal))
        .GroupBy(call => call.Path.Split('/')[^2], StringComparer.Ordinal)
        .ToDictionary(calls => calls.Key, calls => calls.Min(call => call.At), StringComparer.Ordinal);
}
