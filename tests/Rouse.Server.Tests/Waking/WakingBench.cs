using Rouse.Core.Deployments;
using Rouse.FakeRunpod;
using Rouse.Gateway.Readiness;
using Rouse.Gateway.Routing;
using Rouse.Server.Background;
using Rouse.Server.Tests.Host;
using Rouse.Store.Deployments;
using Rouse.TestKit.Time;
using Microsoft.Extensions.DependencyInjection;

namespace Rouse.Server.Tests.Waking;

/// <summary>A whole server with a fake Runpod whose pods really answer, or do not.</summary>
internal sealed class WakingBench : IAsyncDisposable
{
    private volatile bool _isWanted;

    private WakingBench(ServicePods pods) => Pods = pods;

    public ServicePods Pods { get; }

    public FakeRunpodServer Runpod { get; private set; } = null!;

    public TestServer Server { get; private set; } = null!;

    public RouteTable Routes => Server.Host.Services.GetRequiredService<RouteTable>();

    public static async Task<WakingBench> StartAsync()
    {
        var bench = new WakingBench(await ServicePods.StartAsync());
        bench.Runpod = await FakeRunpodServer.StartAsync(new FakeRunpodOptions { Runner = bench.Pods });
        bench.Server = await TestServer.StartAsync(bench.Options);
        return bench;
    }

    /// <summary>Somebody has something to do for every service, whatever the queues say; or nobody does.</summary>
    public void Want(string id, bool wanted)
    {
        _isWanted = wanted;
        var deployment = DeploymentId.Parse(id);
        Server.Host.Services.GetRequiredService<ReconcileLoop>().Hint(Routes.Find(deployment)!.Tenant, deployment);
    }

    public Task RestartAsync() => Server.RestartAsync(Options);

    /// <param name="service">Members of <c>service</c>.</param>
    /// <param name="workers">Members of <c>workers</c>.</param>
    public async Task<string> ReadyAsync(string service = "", string workers = "")
    {
        var id = await Server.DeployAsync($$"""{"service":{"image":"org/tts:1"{{service}} },"provider":"runpod-pods","gpu_tier":"A10","workers":{"max":1{{workers}} } }""");
        await UntilAsync(id, "ready");
        await UntilRouteAsync(id, RouteState.Ready);
        return id;
    }

    public async Task UntilAsync(string id, string status)
    {
        var seen = await Server.GetAsync(id);
        try
        {
            await Eventually.TrueAsync(async () => (seen = await Server.GetAsync(id)).Status == status);
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"{seen.Status}, {seen.ErrorCode} {seen.Error}, waits for {seen.WaitingFor}; {string.Join(" | ", seen.Logs.Select(line => line.Message))}", late);
        }
    }

    public Task UntilRouteAsync(string id, RouteState state) => Eventually.TrueAsync(() => Routes.Find(DeploymentId.Parse(id))?.State == state);

    public Route Route(string id) => Routes.Find(DeploymentId.Parse(id))!;

    /// <summary>As the idle clock does, whatever it shows.</summary>
    public async Task<bool> HibernateAsync(string id)
    {
        var (tenant, deployment) = (Route(id).Tenant, DeploymentId.Parse(id));
        var store = Server.Host.Services.GetRequiredService<DeploymentStore>();
        var row = await store.LoadAsync(tenant, deployment, CancellationToken.None);
        return await store.AdvanceAsync(tenant, deployment, row!.Attempt, Phase.Hibernated, cause: null, CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        await Runpod.DisposeAsync();
        await Pods.DisposeAsync();
    }

    private RouseHostOptions Options(RouseHostOptions options) => options with
    {
        Limits = standard => standard with
        {
            Poll = TimeSpan.FromSeconds(0.5), RetryDelay = TimeSpan.FromSeconds(1), CapacityPatience = TimeSpan.FromSeconds(1), Drain = TimeSpan.FromSeconds(0.5),
        },
        Probes = new ProbeBounds { IdlePause = TimeSpan.FromSeconds(0.1) },
        Rewire = ports => ports with { HasWork = async (id, ct) => _isWanted || await ports.HasWork(id, ct) },
        Runpod = new RunpodHostOptions
        {
            ApiKey = FakeRunpodServer.Key,
            Image = "rouse/worker:test",
            ApiUrl = Runpod.ManagementUrl,
            JobsUrl = Runpod.JobsUrl,
            WorkersRunHere = true,
            Tune = standard => standard with
            {
                RequestTimeout = TimeSpan.FromSeconds(2), CallTimeout = TimeSpan.FromSeconds(4), ListLag = TimeSpan.FromSeconds(0.5),
                ListFreshness = TimeSpan.FromSeconds(0.2), ListSpacing = TimeSpan.FromSeconds(0.1), ReadsPerSecond = 50, ReadBurst = 50, PodAddress = Pods.AddressTemplate,
            },
        },
    };
}
