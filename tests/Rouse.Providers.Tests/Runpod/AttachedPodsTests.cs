using Rouse.Core.Deployments;
using Rouse.Core.Models;
using Rouse.Core.Ports;
using Rouse.FakeRunpod.Pods;
using Rouse.Providers.External;
using Rouse.Providers.Runpod;
using Rouse.TestKit.Time;

namespace Rouse.Providers.Tests.Runpod;

public sealed class AttachedPodsTests : IAsyncLifetime
{
    private static readonly DateTimeOffset s_began = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly List<ClaimedBackend> _claims = [];
    private RunpodBench _bench = null!;
    private AttachedPods _pods = null!;
    private string _pod = "";

    public async Task InitializeAsync()
    {
        _bench = await RunpodBench.StartAsync();
        _pods = new AttachedPods(_bench.Client, _bench.Options, TimeProvider.System, "rouse", (_, _, _) => ValueTask.FromResult<IReadOnlyList<ClaimedBackend>>([.. _claims]));
        _pod = _bench.Fake.SeedPod("my comfy", port: 8188);
    }

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [Fact]
    public async Task APod_IsListedUnderItsDeploymentsName_AndStartedAndStopped()
    {
        Assert.Equal(new BackendId(_pod), await AttachAsync(1));
        await SeeAsync(seen => seen is { Status: BackendStatus.Running, Workers: 1, ReadyWorkers: 0, WorkerUsdPerHour: 0.69m } && seen.Name == RunpodBench.Name() && seen.Id.Value == _pod);
        await _pods.SetRunningAsync(new BackendId(_pod), running: false, _bench.Access, CancellationToken.None);
        await SeeAsync(seen => seen is { Status: BackendStatus.Sleeping, Workers: 0, StorageUsdPerHour: > 0 });
        await _pods.SetRunningAsync(new BackendId(_pod), running: true, _bench.Access, CancellationToken.None);
        await SeeAsync(seen => seen.Status == BackendStatus.Running);
    }

    [Fact]
    public async Task APod_IsNeverDeleted_AndLeftAsItIs()
    {
        var id = await AttachAsync(1);
        await _pods.DeleteAsync(id, _bench.Access, CancellationToken.None);
        await _pods.DeleteAsync(id, _bench.Access, CancellationToken.None);
        Assert.Equal(PodState.Running, Assert.Single(_bench.Fake.Pods()).State);
        _claims.Clear();
        Assert.Empty(await ListAsync());
        Assert.DoesNotContain(_bench.Fake.Calls, call => call.Method is "DELETE" || call.Path.EndsWith("/action", StringComparison.Ordinal));
    }

    [Fact]
    public async Task AListWithoutClaims_AsksRunpodNothing()
    {
        Assert.Empty(await ListAsync());
        Assert.Empty(_bench.Fake.Calls);
    }

    [Fact]
    public async Task AList_ShowsOneOwner_AndNothingOfOtherPods()
    {
        _bench.Fake.SeedPod("another of theirs");
        await AttachAsync(1);
        Assert.Single(await ListAsync());
        Assert.Empty(await _pods.ListOwnedAsync(OwnerPrefix.For("other", RunpodBench.Tenant), _bench.Access, CancellationToken.None));
        Assert.Empty(await _pods.ListOwnedAsync(OwnerPrefix.For("rouse", Core.Tenancy.TenantId.Parse("stranger")), _bench.Access, CancellationToken.None));
    }

    [Fact]
    public async Task AnUnknownPod_IsRefusedForGood()
    {
        _pod = "nosuchpod";
        Assert.Equal(ProviderFault.Rejected, (await Assert.ThrowsAsync<ProviderException>(() => AttachAsync(1))).Fault);
    }

    [Fact]
    public async Task APodThatADeploymentMade_IsNotAttached()
    {
        _pod = (await _bench.CreatePodAsync()).Value;
        Assert.Equal(ProviderFault.Rejected, (await Assert.ThrowsAsync<ProviderException>(() => AttachAsync(2))).Fault);
    }

    [Fact]
    public async Task OfTwoDeploymentsThatNameOnePod_TheOlderHasIt()
    {
        _claims.Add(Claim(2, s_began.AddSeconds(1)));
        await AttachAsync(1);
        Assert.Equal(RunpodBench.Name(1), Assert.Single(await ListAsync()).Name);
        var refused = await Assert.ThrowsAsync<ProviderException>(async () => await _pods.CreateAsync(Request(2), _bench.Access, CancellationToken.None));
        Assert.Contains(RunpodBench.Name(1).Deployment.Value, refused.Message, StringComparison.Ordinal);
        // Trying anew is no rival of oneself.
        Assert.Equal(new BackendId(_pod), await _pods.CreateAsync(Request(1), _bench.Access, CancellationToken.None));
    }

    [Fact]
    public async Task AHostWithoutAFreeGpu_IsWantOfCapacity()
    {
        var id = await AttachAsync(1);
        await _pods.SetRunningAsync(id, running: false, _bench.Access, CancellationToken.None);
        _bench.Fake.Script.HostHasNoFreeGpu = true;
        var fault = await Assert.ThrowsAsync<ProviderException>(async () => await _pods.SetRunningAsync(id, running: true, _bench.Access, CancellationToken.None));
        Assert.Equal(ProviderFault.Capacity, fault.Fault);
    }

    [Fact]
    public void AnAddress_IsMadeOfThePodAndItsPort() =>
        Assert.Equal(new Uri("https://abc-8188.proxy.runpod.net"), _pods.Traits.AddressOf(new BackendId("abc"), new HttpService { PodId = "abc", Port = 8188 }));

    [Theory]
    [InlineData("https://{pod}-{port}.proxy.runpod.net", true)]
    [InlineData("http://127.0.0.1:7000/{pod}-{port}", true)]
    [InlineData("https://{pod}.proxy.runpod.net", false)]
    [InlineData("{pod}-{port}", false)]
    [InlineData("ftp://{pod}/{port}", false)]
    public void ATemplate_NamesThePodAndThePort(string template, bool good) => Assert.Equal(good, PodAddress.IsTemplate(template));

    private Task<BackendId> AttachAsync(int number)
    {
        _claims.Add(Claim(number, s_began));
        return _pods.CreateAsync(Request(number), _bench.Access, CancellationToken.None).AsTask();
    }

    private ClaimedBackend Claim(int number, DateTimeOffset at) => new(RunpodBench.Name(number), Service(), Account: null, at);

    private HttpService Service() => new() { PodId = _pod, Port = 8188 };

    private BackendRequest Request(int number)
    {
        var spec = new DeploymentSpec { Model = ModelRef.Of(Service()), Provider = AttachedPods.Kind, Service = Service() };
        return new BackendRequest(RunpodBench.Name(number), RunpodBench.Tenant, spec, new Offer(AttachedPods.Kind, "pod", 0, 0), new Dictionary<string, EnvironmentValue>(StringComparer.Ordinal));
    }

    private ValueTask<IReadOnlyList<ObservedBackend>> ListAsync() => _pods.ListOwnedAsync(RunpodBench.Owner, _bench.Access, CancellationToken.None);

    private Task SeeAsync(Func<ObservedBackend, bool> expected) => Eventually.TrueAsync(async () => expected(Assert.Single(await ListAsync())));
}
