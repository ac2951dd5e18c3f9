using Rouse.Core.Deployments;
using Rouse.Core.Tenancy;
using Rouse.FakeRunpod;
using Rouse.TestKit.Provider;

namespace Rouse.Providers.Tests.Runpod;

public sealed class RunpodConformanceTests
{
    public static TheoryData<string> Promises => [.. ProviderConformance.Promises];

    [Theory]
    [MemberData(nameof(Promises))]
    public async Task Serverless_KeepsItsPromises(string promise)
    {
        await using var bench = await RunpodBench.StartAsync();
        await new ProviderConformance(bench.Serverless, new Secret(FakeRunpodServer.Key)).CheckAsync(promise);
        Assert.Empty(bench.Fake.Endpoints());
    }

    [Theory]
    [MemberData(nameof(Promises))]
    public async Task Pods_KeepTheirPromises(string promise)
    {
        await using var bench = await RunpodBench.StartAsync();
        await new ProviderConformance(bench.Pods, new Secret(FakeRunpodServer.Key)).CheckAsync(promise);
        Assert.Empty(bench.Fake.Pods());
    }

    [Theory]
    [MemberData(nameof(Promises))]
    public async Task Pods_KeepThemForServices(string promise)
    {
        await using var bench = await RunpodBench.StartAsync();
        await new ProviderConformance(bench.Pods, new Secret(FakeRunpodServer.Key), service: new HttpService { Image = "acme/tts:1", Args = "--fast" }).CheckAsync(promise);
        Assert.Empty(bench.Fake.Pods());
    }

    [Theory]
    [MemberData(nameof(Promises))]
    public async Task Serverless_KeepsThemForServices(string promise)
    {
        await using var bench = await RunpodBench.StartAsync();
        await new ProviderConformance(bench.Serverless, new Secret(FakeRunpodServer.Key), service: new HttpService { Image = "acme/tts:1", Args = "--fast" }).CheckAsync(promise);
        Assert.Empty(bench.Fake.Endpoints());
    }

    [Theory]
    [MemberData(nameof(Promises))]
    public async Task Serverless_KeepsThem_WhereListsLag(string promise)
    {
        await using var bench = await RunpodBench.StartAsync();
        bench.Fake.Script.ListLag = TimeSpan.FromMilliseconds(200);
        await new ProviderConformance(bench.Serverless, new Secret(FakeRunpodServer.Key)).CheckAsync(promise);
    }
}
