using Rouse.Contracts.Deployments;
using Rouse.FakeRunpod;
using Rouse.FakeRunpod.Workers;
using Rouse.Onnx.Samples.TinyDiffusion;
using Rouse.Server.Tests.Host;
using Rouse.TestKit.Hub;
using Rouse.TestKit.Time;

namespace Rouse.Server.Tests.Runpod;

/// <summary>A whole server with an account at a fake Runpod and a hub that has one model, <see cref="Model"/>.</summary>
internal sealed class RunpodBench : IAsyncDisposable
{
    public const string Model = "org/tiny";
    private readonly string _model = Path.Combine(Directory.CreateTempSubdirectory("rouse-model-").FullName, "tiny");

    private RunpodBench()
    {
    }

    public FakeHub Hub { get; private set; } = null!;

    public SimulatedWorkers Workers { get; } = new(TimeProvider.System);

    public FakeRunpodServer Runpod { get; private set; } = null!;

    public TestServer Server { get; private set; } = null!;

    public static async Task<RunpodBench> StartAsync(Func<RouseHostOptions, RouseHostOptions>? change = null)
    {
        var bench = new RunpodBench();
        TinyDiffusionModel.Write(bench._model, seed: 1);
        var repository = new FakeRepository(Model);
        foreach (var file in Directory.EnumerateFiles(bench._model, "*", SearchOption.AllDirectories))
        {
            repository.With(FakeFile.Of(Path.GetRelativePath(bench._model, file), await File.ReadAllBytesAsync(file)));
        }

        bench.Hub = await FakeHub.StartAsync(repository);
        bench.Runpod = await FakeRunpodServer.StartAsync(new FakeRunpodOptions { Runner = bench.Workers });
        bench.Server = await TestServer.StartAsync(options => change?.Invoke(bench.Options(options)) ?? bench.Options(options));
        return bench;
    }

    public RouseHostOptions Options(RouseHostOptions options) => options with
    {
        HubEndpoint = Hub.Endpoint,
        Limits = standard => standard with { Poll = TimeSpan.FromSeconds(0.5), RetryDelay = TimeSpan.FromSeconds(1), CapacityPatience = TimeSpan.FromSeconds(1) },
        Runpod = new RunpodHostOptions
        {
            ApiKey = FakeRunpodServer.Key,
            Image = "rouse/worker:test",
            ApiUrl = Runpod.ManagementUrl,
            JobsUrl = Runpod.JobsUrl,
            PodUrl = Runpod.PodUrl,
            BalancerUrl = Runpod.BalancerUrl,
            WorkersRunHere = true,
            // Distances of one machine: a test does not wait for what a provider far away may take.
            Tune = standard => standard with
            {
                RequestTimeout = TimeSpan.FromSeconds(2), CallTimeout = TimeSpan.FromSeconds(4), ListLag = TimeSpan.FromSeconds(0.5),
                ListFreshness = TimeSpan.FromSeconds(0.2), ListSpacing = TimeSpan.FromSeconds(0.1), ReadsPerSecond = 50, ReadBurst = 50,
            },
        },
    };

    /// <param name="workers">Members of <c>workers</c>.</param>
    public Task<string> DeployAsync(string more = "", string workers = "") =>
        Server.DeployAsync($$"""{"hf_model_id":"{{Model}}"{{more}},"workers":{"scaler_value":0.5{{workers}} } }""");

    public async Task<DeploymentView> UntilAsync(string id, Func<DeploymentView, bool> expected)
    {
        var seen = await Server.GetAsync(id);
        try
        {
            await Eventually.TrueAsync(async () => expected(seen = await Server.GetAsync(id)));
            return seen;
        }
        catch (TimeoutException late)
        {
            var log = string.Join(" | ", seen.Logs.Select(line => line.Message));
            throw new TimeoutException($"{seen.Status}, error {seen.ErrorCode} {seen.Error}, waits for {seen.WaitingFor}; {log}", late);
        }
    }

    public Task<DeploymentView> UntilAsync(string id, string status) => UntilAsync(id, view => view.Status == status);

    /// <summary>A start that came to nothing: why, and that nothing of it is left.</summary>
    public async Task<DeploymentView> FailsAsync(string id, string code)
    {
        var failed = await UntilAsync(id, view => view.Status is "failed" or "ready");
        Assert.True(failed.ErrorCode == code, $"{failed.Status} {failed.ErrorCode}: {failed.Error}");
        await UntilAsync(id, view => view.ResourcesReleasedAt is not null);
        Assert.Empty(Runpod.Endpoints());
        await Eventually.TrueAsync(() => Runpod.LivingContainers() == 0);
        return failed;
    }

    public async Task DeleteAsync(string id)
    {
        Assert.Equal(204, (await Server.SendAsync(HttpMethod.Delete, $"/v1/deployments/{id}")).Status);
        await UntilAsync(id, "deleted");
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        await Runpod.DisposeAsync();
        await Hub.DisposeAsync();
        Directory.Delete(Path.GetDirectoryName(_model)!, recursive: true);
    }
}
