using Rouse.Core.Ports;
using Rouse.FakeRunpod.Script;

namespace Rouse.Providers.Tests.Runpod;

/// <summary>What a caller that looks before it acts again gets done, however much fails.</summary>
public sealed class UnreliableTests
{
    private const double FailureRate = 0.4;
    private const int Backends = 12;

    [Fact]
    public async Task WithFourCallsInTenFailing_NothingIsLeftInTheEnd()
    {
        await using var bench = await RunpodBench.StartAsync();
        bench.Fake.Script.FailureRate = FailureRate;
        var faults = 0;
        for (var number = 0; number < Backends; number++)
        {
            var request = RunpodBench.Request(RunpodBench.Pool(), number: number);
            try
            {
                await bench.Serverless.CreateAsync(request, bench.Access, CancellationToken.None);
                await bench.Pods.CreateAsync(RunpodBench.Request(RunpodBench.Gpu(), number: number), bench.Access, CancellationToken.None);
            }
            catch (ProviderException failed)
            {
                Assert.Equal(ProviderFault.Unknown, failed.Fault);
                faults++;
            }
        }

        Assert.InRange(faults, 1, Backends);
        for (var round = 0; bench.Fake.Endpoints().Count + bench.Fake.Pods().Count > 0; round++)
        {
            Assert.InRange(round, 0, 200);
            await RemoveListedAsync(bench, bench.Serverless);
            await RemoveListedAsync(bench, bench.Pods);
        }
    }

    [Fact]
    public async Task ADeleteWhoseReplyIsLost_IsDoneByTheNext()
    {
        await using var bench = await RunpodBench.StartAsync();
        var id = await bench.CreateAsync();
        bench.Fake.Script.Add(new Fault(FaultKind.LostReply, "DELETE"));
        Assert.Equal(ProviderFault.Unknown, (await Assert.ThrowsAsync<ProviderException>(async () => await bench.Serverless.DeleteAsync(id, bench.Access, CancellationToken.None))).Fault);
        await bench.Serverless.DeleteAsync(id, bench.Access, CancellationToken.None);
        Assert.Empty(bench.Fake.Endpoints());
    }

    private static async Task RemoveListedAsync(RunpodBench bench, IProvider provider)
    {
        try
        {
            foreach (var backend in await provider.ListOwnedAsync(RunpodBench.Owner, bench.Access, CancellationToken.None))
            {
                await provider.DeleteAsync(backend.Id, bench.Access, CancellationToken.None);
            }
        }
        catch (ProviderException)
        {
            // The next round looks again.
        }
    }
}
