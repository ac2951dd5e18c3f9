using System.Net;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;
using Rouse.FakeRunpod;
using Rouse.FakeRunpod.Script;
using Rouse.Providers.Runpod;
using Rouse.TestKit.Time;

namespace Rouse.Providers.Tests.Runpod;

/// <summary>Keys, balances and bills.</summary>
public sealed class AccountTests
{
    private static readonly Secret s_key = new(FakeRunpodServer.Key);

    [Fact]
    public async Task AGoodKey_IsTold_AndCreatesNothing()
    {
        await using var bench = await RunpodBench.StartAsync();
        var state = await new RunpodAccountCheck(bench.Client).CheckAsync(s_key, CancellationToken.None);
        Assert.True(state.IsValid);
        Assert.Equal("GET", Assert.Single(bench.Fake.Calls).Method);
    }

    [Fact]
    public async Task ABadKey_IsAnAnswer_AndNotShown()
    {
        await using var bench = await RunpodBench.StartAsync();
        var state = await new RunpodAccountCheck(bench.Client).CheckAsync(new Secret("rpa_nobodys_key"), CancellationToken.None);
        Assert.False(state.IsValid);
        Assert.DoesNotContain("nobodys", state.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhenRunpodIsDown_TheKeyIsNotCalledBad()
    {
        await using var bench = await RunpodBench.StartAsync();
        bench.Fake.Script.Add(new Fault(FaultKind.RefusedBeforeEffect) { Status = 503 });
        var fault = await Assert.ThrowsAsync<ProviderException>(() => new RunpodAccountCheck(bench.Client).CheckAsync(s_key, CancellationToken.None));
        Assert.Equal(ProviderFault.Unknown, fault.Fault);
    }

    [Fact]
    public async Task TheBalance_IsWhatTheAccountHas()
    {
        await using var bench = await RunpodBench.StartAsync();
        bench.Fake.SetBalance(12.5m);
        Assert.Equal(new RunpodBalance(12.5m, 0), await new RunpodAccountCheck(bench.Client).BalanceAsync(s_key, CancellationToken.None));
        Assert.DoesNotContain(bench.Fake.Calls, call => call.Query.Contains("key", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task AKeyThatMayNotAskForTheBalance_IsNoFault()
    {
        await using var bench = await RunpodBench.StartAsync();
        Assert.Null(await new RunpodAccountCheck(bench.Client).BalanceAsync(new Secret("rpa_nobodys_key"), CancellationToken.None));
    }

    [Fact]
    public async Task AnEndpointsBill_IsWhatItCost_EvenAfterItsEnd()
    {
        var time = new ManualTime();
        var began = time.GetUtcNow();
        await using var bench = await RunpodBench.StartAsync(time);
        var id = await bench.CreateAsync();
        bench.Fake.EditEndpoint(id.Value, settings => settings["workers"]!["min"] = 1);
        for (var quarter = 0; quarter < 10; quarter++) time.Advance(TimeSpan.FromMinutes(15));
        await bench.Serverless.DeleteAsync(id, bench.Access, CancellationToken.None);
        var bill = await new RunpodBilling(bench.Client).OfBackendAsync(RunpodServerless.Kind, id, began.AddMinutes(5), time.GetUtcNow(), bench.Access, CancellationToken.None);
        Assert.Equal(bench.Fake.Bill(id.Value).Dollars, bill.Usd, 6);
        Assert.Equal(2.5m * 1.116m, bill.Usd, 3);
        Assert.Equal((began, began.AddHours(3)), (bill.From, bill.To));
    }

    [Fact]
    public async Task APodsBill_HoldsItsDisks()
    {
        var time = new ManualTime();
        var began = time.GetUtcNow();
        await using var bench = await RunpodBench.StartAsync(time, options => options with { PodVolumeGb = 100 });
        var id = await bench.CreatePodAsync();
        time.Advance(TimeSpan.FromHours(1));
        await bench.Pods.SetRunningAsync(id, running: false, bench.Access, CancellationToken.None);
        time.Advance(TimeSpan.FromHours(2));
        var bill = await new RunpodBilling(bench.Client).OfBackendAsync(RunpodPods.Kind, id, began, time.GetUtcNow(), bench.Access, CancellationToken.None);
        Assert.Equal(bench.Fake.Bill(id.Value).Dollars, bill.Usd, 6);
        Assert.True(bill.Usd > 0.69m);
    }

    [Fact]
    public async Task OthersRecords_AreNotOurCost()
    {
        const string Bill = """
            {"records":[{"startTime":"2030-01-01T00:00:00Z","totalAmount":1.5,"serverlessId":"ep1"},{"startTime":"2030-01-01T00:00:00Z","totalAmount":7,"serverlessId":"ep2"},
             {"startTime":"2029-12-31T23:00:00Z","totalAmount":7,"serverlessId":"ep1"},{"totalAmount":7}]}
            """;
        using var client = new RunpodClient(new RunpodOptions(), TimeProvider.System, new Scripted(_ => Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(Bill) })));
        var from = new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var access = new ProviderAccess(RunpodBench.Tenant, s_key);
        var bill = await new RunpodBilling(client).OfBackendAsync(RunpodServerless.Kind, new BackendId("ep1"), from, from.AddMinutes(1), access, CancellationToken.None);
        Assert.Equal(new RunpodBill(1.5m, from, from.AddHours(1)), bill);
    }
}
