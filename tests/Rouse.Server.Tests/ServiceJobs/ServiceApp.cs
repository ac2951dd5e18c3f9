using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rouse.Core;
using Rouse.Core.Deployments;
using Rouse.Core.Jobs;
using Rouse.Core.Ports;
using Rouse.Core.Scheduling;
using Rouse.Core.Tenancy;
using Rouse.Gateway.Admission;
using Rouse.Gateway.Forwarding;
using Rouse.Gateway.Jobs;
using Rouse.Gateway.Routing;
using Rouse.Gateway.Usage;
using Rouse.Server.Auth;
using Rouse.Server.Background;
using Rouse.Server.Composition;
using Rouse.Server.Features.Forwarding;
using Rouse.Server.Features.JobPlane;
using Rouse.Server.Features.Pods;
using Rouse.Server.Http;
using Rouse.Server.Limits;
using Rouse.Server.ServiceJobs;
using Rouse.Server.Spool;
using Rouse.Store;
using Rouse.Store.Deployments;
using Rouse.Store.Events;
using Rouse.Store.Jobs;
using Rouse.TestKit.Time;

namespace Rouse.Server.Tests.ServiceJobs;

/// <summary>Queued requests to services alone, behind a real Kestrel, over a SQLite file and a spool of its own. Who watches deployments is the test itself.</summary>
internal sealed class ServiceApp : IAsyncDisposable
{
    public const string Key = "the-key-of-acme-0001";
    public const string OtherKey = "the-key-of-umbrella1";
    private readonly WebApplication _app;
    private readonly Database _database;
    private readonly bool _ownsFolder;

    private ServiceApp(WebApplication app, Database database, string folder, bool ownsFolder)
    {
        (_app, _database, Folder, _ownsFolder) = (app, database, folder, ownsFolder);
        Http = Client(Key);
        Other = Client(OtherKey);
    }

    public string Folder { get; }

    public string Spool => Path.Combine(Folder, "spool");

    /// <summary>A caller of tenant acme, to whom <see cref="AddRoute"/>'s deployments belong.</summary>
    public HttpClient Http { get; }

    public HttpClient Other { get; }

    public IServiceProvider Services => _app.Services;

    public T Get<T>()
        where T : notnull => _app.Services.GetRequiredService<T>();

    public static async Task<ServiceApp> StartAsync(ManualTime? time = null, string? folder = null, JobLimits? limits = null, SpoolLimits? room = null, Func<DiskSpace>? disk = null)
    {
        var home = folder ?? Directory.CreateTempSubdirectory("rouse-services-").FullName;
        var database = await Database.OpenAsync("sqlite:" + Path.Combine(home, "rouse.db"));
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var services = builder.Services;
        services.AddSingleton(database).AddSingleton(time ?? TimeProvider.System).AddSingleton(limits ?? new JobLimits());
        services.AddSingleton(new RateLimits(0, 0, TimeProvider.System)).AddSingleton(new Callers(ApiKeys.Parse($"acme={Key},umbrella={OtherKey}")));
        services.AddSingleton<IJobStore, JobStore>().AddSingleton<FillRandom>(RandomNumberGenerator.Fill).AddSingleton<Gateway.Jobs.JobPlane>();
        services.AddSingleton(provider => new JobPlaneAccess
        {
            PhaseOf = (tenant, id, _) => ValueTask.FromResult<Phase?>(provider.GetRequiredService<RouteTable>().Find(id)?.Tenant == tenant ? Phase.Ready : null),
            IsWorkerOf = static (_, _, _) => ValueTask.FromResult(false),
            ServiceOf = id => provider.GetRequiredService<RouteTable>().Find(id)?.Service,
            Seal = static clear => clear,
            Open = static hidden => hidden,
        });
        services.AddSingleton<RouteTable>().AddSingleton<Doorkeeper>().AddSingleton<UsageMeter>().AddSingleton<ServiceJobStore>().AddSingleton<QueueSeats>();
        services.AddSingleton<EventStore>().AddSingleton(provider => new DeploymentStore(database, provider.GetRequiredService<EventStore>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IBackendWaker, Alarm>().AddSingleton<Forwarder>();
        GatewayAdmissionServices.Add(services);
        services.AddSingleton<PodDirectory>().AddSingleton<QueuedJobs>();
        services.AddSingleton(OwnAddress.Of(new RouseHostOptions { DataFolder = home }, new Uri("http://127.0.0.1:8080")));
        var spool = new SpoolFolder(Path.Combine(home, "spool"));
        var http = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false });
        services.AddSingleton(room ?? new SpoolLimits()).AddSingleton(disk ?? spool.Disk).AddSingleton<SpoolRoom>();
        services.AddSingleton(spool).AddSingleton(new SpoolHolder(spool)).AddSingleton(new BackendHttp(http, http)).AddSingleton<ServiceSender>().AddSingleton<AsyncRequests>();
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<Ports>(provider).Make());
        services.AddHostedService<ServiceJobsLoop>().AddSingleton<SpoolSweep>();
        services.AddHostedService(static provider => provider.GetRequiredService<SpoolSweep>()).AddHostedService<JobClock>();
        var app = builder.Build();
        app.UseEdgeGuard();
        app.MapJobPlane();
        app.MapPods();
        app.MapGateway();
        await app.StartAsync();
        return new ServiceApp(app, database, home, folder is null);
    }

    /// <summary>A service of acme's, ready at the backend; asleep without one.</summary>
    public Route AddRoute(Uri? backend, Func<HttpService, HttpService>? change = null, DeploymentId? id = null, string? name = null)
    {
        var service = new HttpService { PodId = "pod-" + Ids.Encode(RandomNumberGenerator.GetBytes(Ids.RandomBytes)) };
        var route = new Route(
            id ?? DeploymentId.FromRandom(RandomNumberGenerator.GetBytes(Ids.RandomBytes)), TenantId.Parse("acme"), name, change?.Invoke(service) ?? service,
            backend is null ? RouteState.NotReady : RouteState.Ready, backend is null ? [] : [new RouteBackend("b1", backend)])
        {
            WakeEstimate = StartEstimate.Prior,
        };
        Get<RouteTable>().Set(route);
        return route;
    }

    public async Task<(int Status, JsonElement Body, HttpResponseMessage Response)> SendAsync(HttpMethod method, string path, HttpContent? content = null, string? key = null, HttpClient? client = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        if (key is not null) request.Headers.Add("Idempotency-Key", key);
        var response = await (client ?? Http).SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return ((int)response.StatusCode, text.StartsWith('{') ? JsonDocument.Parse(text).RootElement : default, response);
    }

    /// <summary>Queues a request; answers its job's id.</summary>
    public async Task<string> ProcessAsync(Route route, HttpContent? content = null, string query = "", string? key = null)
    {
        var (status, body, _) = await SendAsync(HttpMethod.Post, $"/api/process/{route.Deployment}{query}", content, key);
        Assert.True(status == 202, body.ToString());
        return body.GetProperty("job_id").GetString()!;
    }

    public async Task<JsonElement> JobAsync(string job)
    {
        var (status, body, _) = await SendAsync(HttpMethod.Get, $"/api/jobs/{job}");
        Assert.Equal(200, status);
        return body;
    }

    /// <param name="step">What is done between looks, such as moving the clock.</param>
    public async Task<JsonElement> EndedAsync(string job, Action? step = null)
    {
        JsonElement seen = default;
        await Eventually.TrueAsync(async () =>
        {
            step?.Invoke();
            seen = await JobAsync(job);
            return seen.GetProperty("status").GetString() is not ("queued" or "running");
        });
        return seen;
    }

    public static MultipartFormDataContent Form(byte[] file, params (string Name, string Value)[] fields)
    {
        var form = new MultipartFormDataContent { { new ByteArrayContent(file), "file", "audio.wav" } };
        foreach (var (name, value) in fields) form.Add(new StringContent(value, Encoding.UTF8), name);
        return form;
    }

    /// <summary>As a kill does: the store answers no more, and nothing that runs can end well.</summary>
    public async Task LoseAsync()
    {
        await _database.DisposeAsync();
        await StopNowAsync();
    }

    /// <summary>A stop that waits for nothing that is at a service.</summary>
    public async Task StopNowAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        await _database.DisposeAsync();
        Http.Dispose();
        Other.Dispose();
        if (_ownsFolder) Directory.Delete(Folder, recursive: true);
    }

    private HttpClient Client(string key)
    {
        var client = new HttpClient { BaseAddress = new Uri(_app.Urls.Single()), Timeout = TimeSpan.FromMinutes(2) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return client;
    }

    /// <summary>Who would wake something, if the tests did not.</summary>
    internal sealed class Alarm : IBackendWaker
    {
        private int _rings;

        public int Rings => Volatile.Read(ref _rings);

        public void Hint(TenantId tenant, DeploymentId deployment) => Interlocked.Increment(ref _rings);
    }

    private sealed class Ports(
        Gateway.Jobs.JobPlane plane, ServiceJobStore store, RouteTable routes, Doorkeeper door, ServiceSender sender, SpoolFolder spool, UsageMeter usage, OwnAddress own, TimeProvider time)
    {
        public ServiceJobPorts Make() => new(plane, store, routes, door, sender, spool, usage, own, time) { Worker = "gateway-test", Look = TimeSpan.FromMilliseconds(500) };
    }
}
