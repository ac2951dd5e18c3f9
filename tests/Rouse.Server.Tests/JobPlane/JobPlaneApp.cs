using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rouse.Contracts.Jobs;
using Rouse.Core;
using Rouse.Core.Deployments;
using Rouse.Core.Jobs;
using Rouse.Core.Ports;
using Rouse.Gateway.Jobs;
using Rouse.Server.Auth;
using Rouse.Server.Background;
using Rouse.Server.Features.JobPlane;
using Rouse.Server.Http;
using Rouse.Server.Limits;
using Rouse.Store;
using Rouse.Store.Jobs;
using Rouse.TestKit.Jobs;
using Microsoft.AspNetCore.DataProtection;
using Rouse.Server.Egress;
using Rouse.Server.Metrics;
using Rouse.Server.Secrets;
using Rouse.Server.Webhooks;
using Rouse.Store.Secrets;
using Rouse.Store.Webhooks;

namespace Rouse.Server.Tests.JobPlane;

/// <summary>The job plane alone, behind a real Kestrel on a free port, over a SQLite file of its own.</summary>
internal sealed class JobPlaneApp : IAsyncDisposable
{
    public const string Key = "the-key-of-acme-0001";
    public const string OtherKey = "the-key-of-umbrella1";
    public const string WorkerToken = "attempt-token";
    private readonly WebApplication _app;
    private readonly Database _database;
    private readonly Owns _owns;
    private bool _stopped;

    private JobPlaneApp(WebApplication app, Database database, string folder, Owns owns, DeploymentId deployment)
    {
        (_app, _database, Folder, _owns, Deployment) = (app, database, folder, owns, deployment);
        Base = new Uri(app.Urls.Single() + "/");
        Http = new HttpClient { BaseAddress = Base, Timeout = TimeSpan.FromMinutes(2) };
        Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Key);
    }

    public string Folder { get; }

    public Uri Base { get; }

    /// <summary>A caller of the tenant that owns <see cref="Deployment"/>.</summary>
    public HttpClient Http { get; }

    /// <summary>A deployment that is ready.</summary>
    public DeploymentId Deployment { get; }

    public Gateway.Jobs.JobPlane Plane => _app.Services.GetRequiredService<Gateway.Jobs.JobPlane>();

    public IServiceProvider Services => _app.Services;

    public DeliveryQueue Deliveries => _app.Services.GetRequiredService<DeliveryQueue>();

    /// <param name="limits">Default: the product's, but polls held for 200 ms.</param>
    /// <param name="time">Default: the system's.</param>
    /// <param name="folder">Of an app that was closed; null for a new one.</param>
    /// <param name="deployment">Null for a new one.</param>
    /// <param name="phase">Of the deployment.</param>
    /// <param name="observed">What its provider shows of its workers; null when they are known here.</param>
    public static async Task<JobPlaneApp> StartAsync(
        JobLimits? limits = null, TimeProvider? time = null, string? folder = null, DeploymentId? deployment = null, Phase phase = Phase.Ready,
        WorkerCounts? observed = null)
    {
        var id = deployment ?? NewDeployment();
        var home = folder ?? Directory.CreateTempSubdirectory("rouse-jobs-").FullName;
        var database = await Database.OpenAsync("sqlite:" + Path.Combine(home, "rouse.db"));
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton(database);
        builder.Services.AddSingleton(time ?? TimeProvider.System);
        builder.Services.AddSingleton(new RateLimits(0, 0, TimeProvider.System)).AddSingleton(new Callers(ApiKeys.Parse($"acme={Key},umbrella={OtherKey}")));
        builder.Services.AddSingleton(new JobPlaneAccess
        {
            // Any id works, so that tests can have as many deployments as they like; only the first has another phase.
            PhaseOf = (tenant, asked, _) => ValueTask.FromResult<Phase?>(tenant.Value != "acme" ? null : asked == id ? phase : Phase.Ready),
            IsWorkerOf = (context, _, _) => ValueTask.FromResult(context.Request.Headers.Authorization.ToString() is WorkerToken or "rpa_worker_scoped_key" or "k"),
            ObservedWorkers = (_, _, _) => ValueTask.FromResult(observed),
            Seal = static clear => [.. clear.Select(b => (byte)~b)],
            Open = static hidden => [.. hidden.Select(b => (byte)~b)],
        });
        AddJobPlane(builder.Services, limits ?? new JobLimits { PollHold = TimeSpan.FromMilliseconds(200), StreamHold = TimeSpan.FromMilliseconds(200) });
        var app = builder.Build();
        app.UseEdgeGuard();
        app.MapJobPlane();
        await app.StartAsync();
        return new JobPlaneApp(app, database, home, folder is null ? Owns.ServerAndFolder : Owns.Server, id);
    }

    /// <summary>The same server seen by a test of its own: with a deployment that no other test knows.</summary>
    public JobPlaneApp WithNewDeployment() => new(_app, _database, Folder, Owns.Nothing, NewDeployment());

    public static DeploymentId NewDeployment() => DeploymentId.FromRandom(RandomNumberGenerator.GetBytes(Ids.RandomBytes));

    public FakeWorker Worker(string name = "w1", string token = WorkerToken) =>
        new(new HttpClient { BaseAddress = Base, Timeout = TimeSpan.FromMinutes(2) }, Deployment.Value, name, token);

    /// <summary>Queues a job; answers its id.</summary>
    public async Task<string> RunAsync(string body = """{"input":{"a":1}}""")
    {
        var (status, reply) = await PostAsync("run", body);
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal("IN_QUEUE", reply.GetProperty("status").GetString());
        return reply.GetProperty("id").GetString()!;
    }

    public async Task<JsonElement> StatusAsync(string job)
    {
        var (status, reply) = await GetAsync($"status/{job}");
        Assert.Equal(HttpStatusCode.OK, status);
        return reply;
    }

    public async Task<string?> WordAsync(string job) => (await StatusAsync(job)).GetProperty("status").GetString();

    public async Task<(HttpStatusCode Status, JsonElement Reply)> PostAsync(string path, string body = "{}", string contentType = "application/json")
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        using var response = await Http.PostAsync(new Uri($"v2/{Deployment}/{path}", UriKind.Relative), content);
        return (response.StatusCode, await ReadAsync(response));
    }

    public async Task<(HttpStatusCode Status, JsonElement Reply)> GetAsync(string path)
    {
        using var response = await Http.GetAsync(new Uri($"v2/{Deployment}/{path}", UriKind.Relative));
        return (response.StatusCode, await ReadAsync(response));
    }

    /// <summary>Stops the server but keeps its folder: what a later app with <see cref="Folder"/> finds is what was durable.</summary>
    public async Task StopAsync()
    {
        if (_stopped) return;
        _stopped = true;
        await _app.StopAsync();
        await _app.DisposeAsync();
        await _database.DisposeAsync();
        Http.Dispose();
    }

    /// <summary>From now on the store answers nothing but its fault.</summary>
    public ValueTask LoseStoreAsync() => _database.DisposeAsync();

    public async ValueTask DisposeAsync()
    {
        if (_owns == Owns.Nothing) Http.Dispose();
        else await StopAsync();
        if (_owns == Owns.ServerAndFolder) Directory.Delete(Folder, recursive: true);
    }

    private enum Owns
    {
        Nothing,
        Server,
        ServerAndFolder,
    }

    private static void AddJobPlane(IServiceCollection services, JobLimits limits)
    {
        services.AddSingleton(limits).AddSingleton<IJobStore, JobStore>().AddSingleton<FillRandom>(RandomNumberGenerator.Fill);
        services.AddSingleton<WebhookStore>().AddSingleton<SecretStore>().AddSingleton<SecretCipher>().AddSingleton<WebhookSigner>().AddSingleton<ServerFigures>();
        services.AddSingleton<IDataProtectionProvider, EphemeralDataProtectionProvider>();
        services.AddSingleton(provider => new DeliveryQueue(provider.GetRequiredService<Database>(), provider.GetRequiredService<TimeProvider>(), "app"));
        services.AddSingleton<Gateway.Jobs.JobPlane>().AddHostedService<JobClock>().AddHostedService(provider =>
        {
            var sender = ActivatorUtilities.CreateInstance<WebhookSender>(provider, WebhookSender.CreateHttp(EgressPolicy.Parse(allowed: null, allowLoopback: true)));
            var loop = ActivatorUtilities.CreateInstance<WebhookDeliveryLoop>(provider, sender, (Func<double>)(static () => 0));
            provider.GetRequiredService<Gateway.Jobs.JobPlane>().DeliveryQueued += loop.Nudge;
            return loop;
        });
    }

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage response)
    {
        var bytes = await response.Content.ReadAsByteArrayAsync();
        if (bytes.Length == 0) return default;
        using var document = JsonDocument.Parse(bytes);
        return document.RootElement.Clone();
    }
}
