using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rouse.FakeRunpod.Accounts;
using Rouse.FakeRunpod.Billing;
using Rouse.FakeRunpod.Catalog;
using Rouse.FakeRunpod.Http;
using Rouse.FakeRunpod.Jobs;
using Rouse.FakeRunpod.Pods;
using Rouse.FakeRunpod.Script;
using Rouse.FakeRunpod.Serverless;
using Rouse.FakeRunpod.Templates;
using Rouse.FakeRunpod.Volumes;
using Rouse.FakeRunpod.World;

namespace Rouse.FakeRunpod;

/// <summary>
/// Runpod on 127.0.0.1, over real HTTP and with state: REST v2, the job plane, the pods' proxy, the load balancer, workers that come and go, and the bill. One port for
/// each of the four services, since two have paths under <c>/v2</c> and the others have any.
/// </summary>
public sealed partial class FakeRunpodServer : IAsyncDisposable
{
    /// <summary>The key of the account that is there from the start.</summary>
    public const string Key = "rpa_the_key_of_the_first_account";

    private const string FirstAccount = "first";
    private const decimal FirstDeposit = 50;

    private readonly RunpodWorld _world;
    private readonly CallLog _log = new();
    private readonly EndpointRoutes _endpoints;
    private readonly PodRoutes _pods;
    private readonly PodProxy _proxy;
    private readonly BalancerProxy _balancer;
    private WebApplication? _app;
    private int _managementPort;
    private int _jobsPort;
    private int _proxyPort;
    private int _balancerPort;

    private FakeRunpodServer(FakeRunpodOptions options)
    {
        _world = new RunpodWorld(options, Script);
        _endpoints = new EndpointRoutes(_world);
        _pods = new PodRoutes(_world);
        _proxy = new PodProxy(_world, () => PodServer);
        _balancer = new BalancerProxy(_world, () => WorkerServer);
        _world.WatchHealth = _balancer.Watch;
        AddAccount(FirstAccount, FirstDeposit, Key);
    }

    /// <summary>What <c>https://api.runpod.io</c> is on the real service: REST lies under <c>/v2</c>, GraphQL at <c>/graphql</c>.</summary>
    public Uri ManagementUrl => new($"http://127.0.0.1:{_managementPort}");

    /// <summary>What <c>https://api.runpod.ai/v2</c> is on the real service, without a slash at its end.</summary>
    public Uri JobsUrl => new($"http://127.0.0.1:{_jobsPort}/v2");

    /// <summary>What <c>https://{pod}-{port}.proxy.runpod.net</c> is on the real service, as a template with both in it.</summary>
    public string PodUrl => $"http://127.0.0.1:{_proxyPort}/{{pod}}-{{port}}";

    /// <summary>
    /// Where a running pod's port is really served, from its id and the port; null where nothing listens. Unless set: at that port of this machine, as a
    /// container's process that reads <c>PORT</c> does.
    /// </summary>
    public Func<string, int, Uri?> PodServer { get; set; } = static (_, port) => new Uri($"http://127.0.0.1:{port}");

    /// <summary>What <c>https://{endpoint}.api.runpod.ai</c> is on the real service, as a template with <c>{id}</c> in it.</summary>
    public string BalancerUrl => $"http://127.0.0.1:{_balancerPort}/{{id}}";

    /// <summary>The same as <see cref="PodServer"/> for workers behind a load balancer: from the worker's id and its <c>PORT</c>.</summary>
    public Func<string, int, Uri?> WorkerServer { get; set; } = static (_, port) => new Uri($"http://127.0.0.1:{port}");

    public FakeRunpodScript Script { get; } = new();

    /// <summary>The newest 20,000 calls, oldest first.</summary>
    public IReadOnlyList<CallRecord> Calls => _log.Snapshot();

    public static async Task<FakeRunpodServer> StartAsync(FakeRunpodOptions? options = null, CancellationToken ct = default)
    {
        var server = new FakeRunpodServer(options ?? new FakeRunpodOptions());
        await server.UpAsync(ct);
        return server;
    }

    /// <summary>Nobody listens any more: connections are refused. What runs goes on running and costing.</summary>
    public async Task DownAsync()
    {
        if (_app is not { } app) return;
        _app = null;
        await app.DisposeAsync();
    }

    /// <summary>Listens again, on the same ports.</summary>
    public async Task UpAsync(CancellationToken ct = default)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{_managementPort}", $"http://127.0.0.1:{_jobsPort}", $"http://127.0.0.1:{_proxyPort}", $"http://127.0.0.1:{_balancerPort}");
        builder.Services.Configure<HostOptions>(static host => host.ShutdownTimeout = TimeSpan.Zero);
        var app = builder.Build();
        var management = new ManagementPipeline(_world, _log);
        var jobs = new JobPipeline(_world, _log);
        app.Use((context, next) => context.Connection.LocalPort switch
        {
            var port when port == _jobsPort => jobs.HandleAsync(context),
            var port when port == _proxyPort => _proxy.HandleAsync(context),
            var port when port == _balancerPort => _balancer.HandleAsync(context),
            _ => next(context),
        });
        app.UseRouting();
        Map(new Router(app, management));
        app.MapFallback((RequestDelegate)(context => management.HandleAsync(context, rule: null, static call => Answer.NotFound(call.Request.Path.Value!))));
        await app.StartAsync(ct);
        var ports = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses
            .Select(static address => new Uri(address).Port)
            .ToList();
        (_managementPort, _jobsPort, _proxyPort, _balancerPort, _app) = (ports[0], ports[1], ports[2], ports[3], app);
        (_world.JobsUrl, _world.BalancerUrl) = (JobsUrl.ToString(), BalancerUrl);
    }

    public void ClearCalls() => _log.Clear();

    /// <summary>All its workers and pods are gone when this returns.</summary>
    public async ValueTask DisposeAsync()
    {
        var stopping = _world.Enter(() =>
        {
            foreach (var worker in _world.Endpoints.Alive.SelectMany(static endpoint => endpoint.Workers)) worker.Container.Stop(kill: true);
            foreach (var endpoint in _world.Endpoints.Alive.ToList()) _endpoints.Remove(endpoint);
            foreach (var pod in _world.Pods.Alive.ToList())
            {
                pod.Container.Stop(kill: true);
                PodStep.Terminate(_world, pod);
            }

            return _world.Stopping.ToList();
        });
        await Task.WhenAll(stopping.Select(static running => running.StopAsync(TimeSpan.Zero)));
        _world.Dispose();
        await DownAsync();
        _proxy.Dispose();
        _balancer.Dispose();
    }

    private void Map(Router router)
    {
        new CatalogRoutes(_world).Map(router);
        _endpoints.Map(router);
        _pods.Map(router);
        new TemplateRoutes(_world).Map(router);
        new VolumeRoutes(_world).Map(router);
        new BillingRoutes(_world).Map(router);
        new GraphQlRoute(_world).Map(router);
    }
}
