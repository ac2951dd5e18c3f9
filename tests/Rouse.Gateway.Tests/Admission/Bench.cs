using Rouse.Core.Deployments;
using Rouse.Core.Ports;
using Rouse.Core.Scheduling;
using Rouse.Core.Tenancy;
using Rouse.Gateway.Admission;
using Rouse.Gateway.Routing;

namespace Rouse.Gateway.Tests.Admission;

/// <summary>A doorkeeper and the routes that it reads.</summary>
internal sealed class Bench : IBackendWaker, IDisposable
{
    public static readonly TenantId Alice = TenantId.Parse("alice");
    public static readonly TenantId Bob = TenantId.Parse("bob");
    public static readonly DeploymentId One = DeploymentId.FromRandom(new byte[16]);
    public static readonly DeploymentId Two = DeploymentId.FromRandom([1, .. new byte[15]]);

    private int _hints;

    public Bench(TimeProvider? time = null, AdmissionLimits? limits = null) => Keeper = new Doorkeeper(Routes, this, limits ?? new AdmissionLimits(), time ?? TimeProvider.System);

    public RouteTable Routes { get; } = new();

    public Doorkeeper Keeper { get; }

    public int Hints => Volatile.Read(ref _hints);

    public static Ask Held(TenantId? caller = null, TimeSpan? wait = null, long bytes = 0) => new(caller ?? Alice, AskPriority.Held, bytes, wait);

    public void Asleep(DeploymentId id, HttpService? service = null, TenantId? tenant = null) => Set(id, RouteState.NotReady, service, tenant);

    public void Ready(DeploymentId id, HttpService? service = null, params string[] backends) => Set(id, RouteState.Ready, service, null, backends.Length == 0 ? ["a"] : backends);

    public void Hint(TenantId tenant, DeploymentId deployment) => Interlocked.Increment(ref _hints);

    public void Dispose() => Keeper.Dispose();

    private void Set(DeploymentId id, RouteState state, HttpService? service, TenantId? tenant, params string[] backends) => Routes.Set(
        new Route(id, tenant ?? Alice, Name: null, service ?? new HttpService(), state, [.. backends.Select(backend => new RouteBackend(backend, new Uri("http://127.0.0.1:9")))])
        {
            WakeEstimate = new StartEstimate(60, EstimateBasis.Model),
        });
}
