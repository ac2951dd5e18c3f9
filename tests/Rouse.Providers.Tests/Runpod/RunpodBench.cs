using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Rouse.Core.Deployments;
using Rouse.Core.Models;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;
using Rouse.FakeRunpod;
using Rouse.FakeRunpod.Http;
using Rouse.FakeRunpod.Workers;
using Rouse.Providers.Runpod;
using Rouse.TestKit.Runpod;

namespace Rouse.Providers.Tests.Runpod;

/// <summary>Both providers against a Runpod of their own, over sockets.</summary>
internal sealed class RunpodBench : IAsyncDisposable
{
    public static readonly TenantId Tenant = TenantId.Parse("tester");
    public static readonly OwnerPrefix Owner = OwnerPrefix.For("rouse", Tenant);

    private static readonly OpenApiCheck? s_document = OpenApiCheck.Load();

    private readonly RunpodClient _client;

    private RunpodBench(FakeRunpodServer fake, SimulatedWorkers workers, TimeProvider time, Func<RunpodOptions, RunpodOptions>? change)
    {
        (Fake, Workers) = (fake, workers);
        var options = new RunpodOptions
        {
            BaseAddress = fake.ManagementUrl,
            JobBaseAddress = fake.JobsUrl,
            BalancerAddress = fake.BalancerUrl,
            Image = "example/rouse-worker:1",
            ListFreshness = TimeSpan.FromMilliseconds(20),
            ListSpacing = TimeSpan.FromMilliseconds(20),
            ReadsPerSecond = 1000,
            ReadBurst = 50,
        };
        Options = change?.Invoke(options) ?? options;
        _client = new RunpodClient(Options, time);
        Serverless = new RunpodServerless(_client, Options, time, NullLogger.Instance);
        Pods = new RunpodPods(_client, Options, time);
    }

    public FakeRunpodServer Fake { get; }

    public SimulatedWorkers Workers { get; }

    public RunpodOptions Options { get; }

    public RunpodClient Client => _client;

    public RunpodServerless Serverless { get; }

    public RunpodPods Pods { get; }

    public ProviderAccess Access { get; } = new(Tenant, new Secret(FakeRunpodServer.Key));

    /// <param name="time">Of both sides; the system's unless given. The defaults of the list are shortened, so that nobody waits for a second.</param>
    public static async Task<RunpodBench> StartAsync(TimeProvider? time = null, Func<RunpodOptions, RunpodOptions>? change = null)
    {
        var clock = time ?? TimeProvider.System;
        var workers = new SimulatedWorkers(clock);
        var fake = await FakeRunpodServer.StartAsync(new FakeRunpodOptions { Time = clock, Runner = workers });
        fake.SetQuota(100_000);
        return new RunpodBench(fake, workers, clock, change);
    }

    /// <param name="number">Of the deployment.</param>
    public static BackendName Name(int number = 1, int attempt = 1)
    {
        var random = new byte[Core.Ids.RandomBytes];
        BitConverter.TryWriteBytes(random, number);
        return new BackendName(Owner, DeploymentId.FromRandom(random), attempt);
    }

    public static BackendRequest Request(Offer offer, WorkerScaling? workers = null, int number = 1)
    {
        var spec = new DeploymentSpec { Model = ModelRef.Parse("hf:org/name"), Provider = offer.Provider, Workers = workers ?? new WorkerScaling() };
        var environment = new Dictionary<string, EnvironmentValue>(StringComparer.Ordinal)
        {
            ["ROUSE_MODEL_ID"] = "org/name",
            ["HF_TOKEN"] = new Secret("hf_a_token_of_the_hub"),
        };
        return new BackendRequest(Name(number), Tenant, spec, offer, environment);
    }

    public static Offer Pool(string pool = "ADA_24", string? region = null) => new(RunpodServerless.Kind, pool, 24, 0.00031m, region) { Pool = pool };

    public static Offer Gpu(string type = "NVIDIA GeForce RTX 4090", string? region = null) => new(RunpodPods.Kind, type, 24, 0.0002m, region);

    public ValueTask<BackendId> CreateAsync(WorkerScaling? workers = null) => Serverless.CreateAsync(Request(Pool(), workers), Access, CancellationToken.None);

    public ValueTask<BackendId> CreatePodAsync() => Pods.CreateAsync(Request(Gpu()), Access, CancellationToken.None);

    public async Task<IReadOnlyList<ObservedBackend>> ListAsync() => await Serverless.ListOwnedAsync(Owner, Access, CancellationToken.None);

    public async Task<IReadOnlyList<ObservedBackend>> ListPodsAsync() => await Pods.ListOwnedAsync(Owner, Access, CancellationToken.None);

    public ValueTask WakeAsync(BackendId id) => Serverless.SetRunningAsync(id, running: true, Access, CancellationToken.None);

    public IEnumerable<CallRecord> Calls(string method, string path) =>
        Fake.Calls.Where(call => call.Method == method && call.Path.StartsWith(path, StringComparison.Ordinal));

    public JsonObject LastBody(string method, string path) => (JsonObject)JsonNode.Parse(Calls(method, path).Last().Body)!;

    /// <summary>Whatever a test was about: everything it asked of Runpod is in Runpod's own document.</summary>
    public async ValueTask DisposeAsync()
    {
        var faults = s_document?.Requests(Fake.Calls) ?? [];
        await Fake.DisposeAsync();
        _client.Dispose();
        Assert.Empty(faults);
    }
}
