using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rouse.Core.Deployments;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;
using Rouse.Gateway.Readiness;
using Rouse.Gateway.Routing;
using Rouse.Server.Auth;
using Rouse.Store.Deployments;

namespace Rouse.Server.Background;

/// <summary>
/// Keeps the routes as the deployments are: read at the start, after every change that this replica makes, and, where other replicas write too, by
/// looking again and again. What a backend itself says is in the route at once, before it is in the store.
/// </summary>
/// <param name="isShared">Other replicas write to the same database.</param>
internal sealed partial class RouteFeed(
    RouteTable routes, Prober prober, DeploymentStore store, DeploymentDirectory directory, ReconcilePorts ports, Func<ReconcileLoop> reconcile, WakeEstimates estimates,
    bool isShared, TimeProvider time, ILogger<RouteFeed> logger) : BackgroundService
{
    /// <summary>How late another replica's change may be, beside the query itself. <see cref="ReconcileLimits.Drain"/> is several times that.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromMilliseconds(500);

    /// <summary>Against a change that was told to nobody.</summary>
    private static readonly TimeSpan s_rescan = TimeSpan.FromSeconds(30);

    private readonly Channel<DeploymentId> _news = Channel.CreateUnbounded<DeploymentId>(new UnboundedChannelOptions { SingleReader = true });
    private readonly ConcurrentDictionary<DeploymentId, byte> _asked = new();
    private readonly ConcurrentDictionary<DeploymentId, Known> _known = new();
    private readonly Lock _gate = new();

    /// <summary>Something happened to the deployment. Never waits.</summary>
    public void Look(DeploymentId id)
    {
        if (_asked.TryAdd(id, 0)) _news.Writer.TryWrite(id);
    }

    /// <summary>Whether the backend that the row names has answered since its last start or wake.</summary>
    public bool Answers(DeploymentState row) => row.Backend is not null && RouteRules.MayAnswer(row) && prober.Of(row.Id, RouteRules.BackendName(row)).IsReady;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        prober.Changed += OnVerdict;
        try
        {
            await Task.WhenAll(ReadAsync(stoppingToken), ScanAsync(stoppingToken));
        }
        finally
        {
            prober.Changed -= OnVerdict;
        }
    }

    private async Task ReadAsync(CancellationToken stopping)
    {
        await foreach (var id in _news.Reader.ReadAllAsync(stopping))
        {
            // Before it is read: what changes from here on is asked for again.
            _asked.TryRemove(id, out _);
            try
            {
                await TakeAsync(id, stopping);
            }
            catch (Exception failure) when (!stopping.IsCancellationRequested)
            {
                LogFailed(id, failure);
            }
        }
    }

    private async Task ScanAsync(CancellationToken stopping)
    {
        Dictionary<DeploymentId, string> seen = [];
        while (true)
        {
            try
            {
                var services = await store.ListServicesAsync(stopping);
                foreach (var (key, mark) in services)
                {
                    if (!seen.TryGetValue(key.Id, out var before) || before != mark) Look(key.Id);
                }

                var now = services.ToDictionary(service => service.Key.Id, service => service.Mark);
                foreach (var gone in seen.Keys.Where(id => !now.ContainsKey(id))) Look(gone);
                seen = now;
            }
            catch (Exception failure) when (!stopping.IsCancellationRequested)
            {
                LogScanFailed(failure);
            }

            await Task.Delay(isShared ? Period : s_rescan, time, stopping);
        }
    }

    private async Task TakeAsync(DeploymentId id, CancellationToken ct)
    {
        if (_known.TryGetValue(id, out var before) && before.IsModel) return;
        if (await directory.FindAsync(id, ct) is not { } located || await store.LoadAsync(located.Tenant, id, ct) is not { } row) return;
        if (row.Spec.Service is not { } service)
        {
            if (_known.Count >= DeploymentDirectory.MaxEntries) ForgetModels();
            _known[id] = Known.Model;
            return;
        }

        var backend = await BackendAsync(row, service, ct);
        var estimate = before is null || before.Row.Phase != row.Phase ? await estimates.OfAsync(id, ct) : before.Estimate;
        lock (_gate)
        {
            _known[id] = new Known(row, backend, estimate);
            if (backend is not null && RouteRules.MayAnswer(row)) prober.Watch(new ProbeTarget(id, backend, service.HealthPath), IsSparing(row));
            else prober.Forget(id);
            Publish(id);
            if (row.Phase != Phase.Deleted) return;
            _known.TryRemove(id, out _);
            routes.Remove(id);
        }
    }

    /// <summary>Once it was ready nothing but a request is to keep it awake; until then, asking is what wakes it.</summary>
    private bool IsSparing(DeploymentState row) => row.Phase == Phase.Ready && ports.Providers.TryGetValue(row.Spec.Provider, out var provider) && provider.Traits.WakesWhenAsked;

    private void OnVerdict(DeploymentId id)
    {
        DeploymentState? row = null;
        lock (_gate)
        {
            Publish(id);
            if (_known.TryGetValue(id, out var known) && !known.IsModel) row = known.Row;
        }

        // The store is told by the next pass.
        if (row is { Phase: not Phase.Ready }) reconcile().Hint(row.Tenant, id);
    }

    private void Publish(DeploymentId id)
    {
        if (!_known.TryGetValue(id, out var known) || known.IsModel) return;
        var verdict = known.Backend is { } backend ? prober.Of(id, backend.Id) : default;
        var route = RouteRules.Of(known.Row, known.Backend, verdict, known.Estimate);
        if (routes.Find(id) is { } shown && IsSame(shown, route)) return;
        routes.Set(route);
    }

    private static bool IsSame(Route a, Route b) => a with { Backends = b.Backends } == b && a.Backends.SequenceEqual(b.Backends);

    private async ValueTask<RouteBackend?> BackendAsync(DeploymentState row, HttpService service, CancellationToken ct)
    {
        if (row.Backend is not { } id || !ports.Providers.TryGetValue(row.Spec.Provider, out var provider)) return null;
        var traits = provider.Traits;
        if (traits.AddressOf(id, service) is not { } address) return null;
        Secret? authorization = null;
        if (traits.AddressWantsKey && (await ports.Access(new ProviderAccount(row.Tenant, row.Spec.Provider, row.Spec.Account), ct)).Key is { } key)
        {
            authorization = new Secret("Bearer " + key.Reveal(SecretPurpose.ProviderCall));
        }

        return new RouteBackend(RouteRules.BackendName(row), address, authorization) { IsGuarded = traits.AddressIsCallers };
    }

    private void ForgetModels()
    {
        foreach (var (id, _) in _known.Where(pair => pair.Value.IsModel)) _known.TryRemove(id, out _);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The route of {Deployment} could not be read; it stays as it was until the next change")]
    private partial void LogFailed(DeploymentId deployment, Exception failure);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The services could not be listed for their routes; it is tried again")]
    private partial void LogScanFailed(Exception failure);

    private sealed record Known(DeploymentState Row, RouteBackend? Backend, StartEstimate Estimate)
    {
        /// <summary>Speaks no HTTP and never will: it is not read again.</summary>
        public static Known Model { get; } = new(null!, null, StartEstimate.Prior);

        public bool IsModel => Row is null;
    }
}
