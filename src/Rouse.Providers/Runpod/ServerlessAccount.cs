using Rouse.Core.Ports;
using Rouse.Core.Tenancy;

namespace Rouse.Providers.Runpod;

/// <summary>
/// One account's endpoints as all its callers see them: the list is read once for all, and what is left of the budget for reads goes into looks at
/// workers, endpoints on their way first, then the longest unseen. Thread-safe.
/// </summary>
internal sealed class ServerlessAccount
{
    private readonly RunpodClient _client;
    private readonly RunpodOptions _options;
    private readonly TimeProvider _time;
    private readonly Secret _key;
    private readonly Lock _gate = new();
    private readonly Dictionary<BackendId, EndpointMemory> _memory = [];
    private readonly SharedRead<IReadOnlyList<EndpointView>> _list;
    private readonly SharedRead<GpuListReply> _gpus;

    public ServerlessAccount(RunpodClient client, RunpodOptions options, TimeProvider time, Secret key)
    {
        (_client, _options, _time, _key) = (client, options, time, key);
        _list = new SharedRead<IReadOnlyList<EndpointView>>(ReadListAsync, options.ListFreshness, options.ListSpacing, time);
        _gpus = new SharedRead<GpuListReply>(
            () => client.ListGpusAsync("SERVERLESS", key, CancellationToken.None), options.CatalogueFreshness, options.ListSpacing, time);
    }

    public Task<IReadOnlyList<EndpointView>> ListAsync(CancellationToken ct) => _list.GetAsync(ct);

    public Task<GpuListReply> ListGpusAsync(CancellationToken ct) => _gpus.GetAsync(ct);

    public IReadOnlyList<ObservedBackend> Observe(IEnumerable<EndpointView> views)
    {
        lock (_gate) return [.. views.Select(view => EndpointObservation.Of(view, Of(view.Id), _options, at => _time.GetElapsedTime(at)))];
    }

    /// <summary>Reads or changes what is remembered of an endpoint.</summary>
    public T With<T>(BackendId id, Func<EndpointMemory, T> use)
    {
        lock (_gate) return use(Of(id));
    }

    public void With(BackendId id, Action<EndpointMemory> use)
    {
        lock (_gate) use(Of(id));
    }

    /// <summary>Something of ours changed: the next list is read after it.</summary>
    public void Changed() => _list.Forget();

    public void Deleted(BackendId id)
    {
        lock (_gate) _memory.Remove(id);
        _list.Forget();
    }

    /// <summary>
    /// Looks at endpoints' workers, as far as the budget goes. Never fails, and is not waited for longer than <see cref="RunpodOptions.LookPatience"/>:
    /// what was seen before stands until there is news.
    /// </summary>
    public async Task TryLookAsync(IReadOnlyList<BackendId> ids)
    {
        try
        {
            await Task.WhenAll(ids.Select(LookAsync)).WaitAsync(_options.LookPatience, _time);
        }
        catch (TimeoutException)
        {
            // It goes on, and is noted when it comes back.
        }
    }

    private async Task LookAsync(BackendId id)
    {
        var pace = _client.Pace(_key);
        if (!pace.TryRead()) return;
        try
        {
            if (await _client.ListWorkersAsync(id.Value, _key, CancellationToken.None) is not { } workers) return;
            var look = WorkerLook.Of(_time.GetTimestamp(), workers, jobs: null);
            With(id, memory => memory.See(look));
            if (look.Total > 0) return;
            if (With(id, memory => memory.IsBalancer))
            {
                // Nothing waits at Runpod for it: a request is held on its connection.
                With(id, memory => memory.See(look with { Jobs = 0 }));
                return;
            }

            // Without workers it is asleep, or has a job that will wake it: its queue tells.
            pace.Owe();
            var jobs = (await _client.HealthAsync(id.Value, _key, CancellationToken.None)).Jobs;
            With(id, memory => memory.See(look with { Jobs = jobs?.InQueue + jobs?.InProgress }));
        }
        catch (ProviderException)
        {
            // Said by the next call that cannot be left out, if it lasts.
        }
    }

    private async Task<IReadOnlyList<EndpointView>> ReadListAsync()
    {
        var reply = await _client.ListEndpointsAsync(_key, CancellationToken.None);
        IReadOnlyList<EndpointView> views = [.. (reply.Endpoints ?? []).Select(EndpointView.Of).OfType<EndpointView>()];
        await TryLookAsync(Next(views));
        return views;
    }

    private List<BackendId> Next(IReadOnlyList<EndpointView> views)
    {
        lock (_gate)
        {
            var listed = views.Select(view => view.Id).ToHashSet();
            foreach (var gone in _memory.Keys.Where(id => !listed.Contains(id) && !IsYoung(_memory[id])).ToList()) _memory.Remove(gone);
            foreach (var view in views.Where(view => view.MaxWorkers > 0)) Of(view.Id).MaxWorkers = view.MaxWorkers;
            foreach (var view in views.Where(view => view.IsBalancer)) Of(view.Id).IsBalancer = true;
            return
            [
                .. views.Where(view => !view.IsHibernated)
                    .Select(view => (view.Id, Memory: Of(view.Id)))
                    .OrderBy(known => known.Memory.IsUnsettled ? 0 : 1).ThenBy(known => known.Memory.Look?.At ?? long.MinValue)
                    .Take(_options.ReadBurst)
                    .Select(known => known.Id),
            ];
        }
    }

    /// <summary>The list may not show it yet.</summary>
    private bool IsYoung(EndpointMemory memory) => _time.GetElapsedTime(memory.TouchedAt) < _options.WarmUpPause;

    private EndpointMemory Of(BackendId id)
    {
        if (!_memory.TryGetValue(id, out var memory)) _memory.Add(id, memory = new EndpointMemory { TouchedAt = _time.GetTimestamp() });
        return memory;
    }
}
