using Rouse.Core.Deployments;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;
using Rouse.FakeRunpod.Script;
using Rouse.TestKit.Time;

namespace Rouse.Providers.Tests.Runpod;

public sealed class ServerlessListTests
{
    [Fact]
    public async Task ACreateWhoseReplyIsLost_IsUnknown_AndFoundByItsName()
    {
        await using var bench = await RunpodBench.StartAsync();
        bench.Fake.Script.Add(new Fault(FaultKind.LostReply, "POST", "/v2/serverless"));
        Assert.Equal(ProviderFault.Unknown, (await Assert.ThrowsAsync<ProviderException>(async () => await bench.CreateAsync())).Fault);
        Assert.Equal(RunpodBench.Name(), Assert.Single(await bench.ListAsync()).Name);
        Assert.Single(bench.Calls("POST", "/v2/serverless"));
    }

    [Fact]
    public async Task StrangersEndpoints_AreNeitherShownNorTouched()
    {
        await using var bench = await RunpodBench.StartAsync();
        var ours = RunpodBench.Name().ToString();
        foreach (var name in new[] { "my-endpoint", ours + "x", ours[..^2], ours + "-1", "rouse-" + RunpodBench.Owner.TenantHash + "-backup-1" }) bench.Fake.SeedEndpoint(name);
        bench.Fake.AddAccount("stranger", 50, "rpa_the_key_of_a_stranger");
        bench.Fake.SeedEndpoint(ours, "stranger");
        Assert.Empty(await bench.ListAsync());
        Assert.DoesNotContain(bench.Fake.Calls, call => call.Method != "GET");
    }

    [Fact]
    public async Task AnEndpointMarkedForFlashBoot_IsStillOurs()
    {
        await using var bench = await RunpodBench.StartAsync();
        var id = bench.Fake.SeedEndpoint(RunpodBench.Name() + " -fb");
        Assert.Equal(new BackendId(id), Assert.Single(await bench.ListAsync()).Id);
    }

    [Fact]
    public async Task ManyTenantsOfOneAccount_ShareOneList()
    {
        await using var bench = await RunpodBench.StartAsync(change: options => options with { ListFreshness = TimeSpan.FromMinutes(1) });
        var access = Enumerable.Range(0, 50).Select(number => bench.Access with { Tenant = TenantId.Parse($"t{number}") });
        await Task.WhenAll(access.Select(one => bench.Serverless.ListOwnedAsync(OwnerPrefix.For("rouse", one.Tenant), one, CancellationToken.None).AsTask()));
        Assert.Single(bench.Calls("GET", "/v2/serverless"));
    }

    [Fact]
    public async Task AThousandWaitingDeployments_AreFewerReadsThanOneAndAFifthASecond()
    {
        const int Deployments = 1000;
        const int Seconds = 60;
        var time = new ManualTime();
        await using var bench = await RunpodBench.StartAsync(time, options => new Providers.Runpod.RunpodOptions
        {
            BaseAddress = options.BaseAddress, JobBaseAddress = options.JobBaseAddress, Image = options.Image,
        });
        for (var number = 0; number < Deployments; number++) bench.Fake.SeedEndpoint(RunpodBench.Name(number).ToString(), workersMax: 1);
        for (var second = 0; second < Seconds; second++)
        {
            // Each deployment is looked at every 15 s.
            var passes = Enumerable.Range(0, Deployments / 15).Select(_ => bench.ListAsync());
            Assert.All(await Task.WhenAll(passes), list => Assert.Equal(Deployments, list.Count));
            time.Advance(TimeSpan.FromSeconds(1));
        }

        var reads = bench.Fake.Calls.Where(call => call.Method == "GET").ToList();
        Assert.InRange(reads.Count, Seconds / 2, (Seconds * 1.2) + bench.Options.ReadBurst);
        var looked = reads.Where(call => call.Path.EndsWith("/workers", StringComparison.Ordinal)).ToList();
        // Nobody is looked at twice before everybody was looked at once.
        Assert.Equal(looked.Count, looked.Select(call => call.Path).Distinct(StringComparer.Ordinal).Count());
        Assert.InRange(looked.Count, Seconds / 6, Seconds);
    }

    [Fact]
    public async Task AnEndpointOnItsWay_IsLookedAtBeforeOneAtRest()
    {
        var time = new ManualTime();
        await using var bench = await RunpodBench.StartAsync(time, options => options with { ReadsPerSecond = 1, ReadBurst = 3, ListFreshness = TimeSpan.FromSeconds(1) });
        var atRest = bench.Fake.SeedEndpoint(RunpodBench.Name(1).ToString(), workersMax: 1);
        await bench.ListAsync();
        Assert.Equal(BackendStatus.Sleeping, (await bench.ListAsync()).Single().Status);
        var onItsWay = bench.Fake.SeedEndpoint(RunpodBench.Name(2).ToString(), workersMax: 1);
        bench.Fake.Script.ImagePullNeverEnds = true;
        bench.Fake.EditEndpoint(onItsWay, settings => settings["workers"]!["min"] = 1);
        bench.Fake.ClearCalls();
        for (var second = 0; second < 20; second++)
        {
            time.Advance(TimeSpan.FromSeconds(1.5));
            await bench.ListAsync();
        }

        Assert.InRange(bench.Calls("GET", $"/v2/serverless/{onItsWay}").Count(), 5, 20);
        Assert.InRange(bench.Calls("GET", $"/v2/serverless/{atRest}").Count(), 0, 2);
    }

    [Fact]
    public async Task OurOwnCreatesAndDeletes_AreInTheNextList_HoweverFreshTheLastOneIs()
    {
        await using var bench = await RunpodBench.StartAsync(change: options => options with { ListFreshness = TimeSpan.FromHours(1) });
        Assert.Empty(await bench.ListAsync());
        Assert.Empty(await bench.ListPodsAsync());
        var (endpoint, pod) = (await bench.CreateAsync(), await bench.CreatePodAsync());
        Assert.Equal(endpoint, Assert.Single(await bench.ListAsync()).Id);
        Assert.Equal(pod, Assert.Single(await bench.ListPodsAsync()).Id);
        await bench.Serverless.SetRunningAsync(endpoint, running: false, bench.Access, CancellationToken.None);
        Assert.Equal(0, (await bench.ListAsync()).Single().Settings!.MaxWorkers);
        await bench.Serverless.ScaleAsync(endpoint, new WorkerScaling { Max = 2 }, bench.Access, CancellationToken.None);
        Assert.Equal(2, (await bench.ListAsync()).Single().Settings!.MaxWorkers);
        await bench.Serverless.DeleteAsync(endpoint, bench.Access, CancellationToken.None);
        await bench.Pods.DeleteAsync(pod, bench.Access, CancellationToken.None);
        Assert.Empty(await bench.ListAsync());
        Assert.Empty(await bench.ListPodsAsync());
    }

    [Fact]
    public async Task ALookThatHangs_DoesNotHoldTheListBack()
    {
        var time = new ManualTime();
        var began = time.GetUtcNow();
        using var client = new Providers.Runpod.RunpodClient(new Providers.Runpod.RunpodOptions(), time, new Scripted(async (request, ct) =>
        {
            if (request.RequestUri!.AbsolutePath.EndsWith("/workers", StringComparison.Ordinal)) await Task.Delay(Timeout.InfiniteTimeSpan, time, ct);
            return new HttpResponseMessage { Content = new StringContent($$"""{"endpoints":[{"id":"ep1","name":"{{RunpodBench.Name()}}","workers":{"max":1} } ] }""") };
        }));
        var options = new Providers.Runpod.RunpodOptions();
        var provider = new Providers.Runpod.RunpodServerless(client, options, time, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        var list = provider.ListOwnedAsync(RunpodBench.Owner, new ProviderAccess(RunpodBench.Tenant, new Secret("rpa_key")), CancellationToken.None).AsTask();
        await Eventually.TrueAsync(() =>
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            return list.IsCompleted;
        });
        Assert.Equal(BackendStatus.Starting, (await list).Single().Status);
        Assert.InRange(time.GetUtcNow() - began, options.LookPatience, options.RequestTimeout / 2);
    }

    [Fact]
    public async Task AListThatFails_FailsForItsCallersOnly()
    {
        await using var bench = await RunpodBench.StartAsync();
        await bench.CreateAsync();
        bench.Fake.Script.Add(new Fault(FaultKind.CutBeforeEffect, "GET", "/v2/serverless"));
        Assert.Equal(ProviderFault.Unknown, (await Assert.ThrowsAsync<ProviderException>(bench.ListAsync)).Fault);
        Assert.Single(await bench.ListAsync());
    }

    [Fact]
    public async Task ALookThatFails_LeavesTheListStanding()
    {
        await using var bench = await RunpodBench.StartAsync();
        var id = await bench.CreateAsync();
        bench.Fake.Script.Add(new Fault(FaultKind.RefusedBeforeEffect, "GET", $"/v2/serverless/{id}/workers") { Times = int.MaxValue });
        Assert.Equal(id, Assert.Single(await bench.ListAsync()).Id);
    }
}
