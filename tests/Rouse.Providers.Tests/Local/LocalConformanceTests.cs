using Rouse.TestKit.Provider;

namespace Rouse.Providers.Tests.Local;

public sealed class LocalConformanceTests
{
    public static TheoryData<string> Promises => [.. ProviderConformance.Promises];

    [Theory]
    [MemberData(nameof(Promises))]
    public async Task TheLocalProvider_KeepsItsPromises(string promise)
    {
        await using var bench = new LocalBench();
        await new ProviderConformance(bench.Provider).CheckAsync(promise);
    }
}
