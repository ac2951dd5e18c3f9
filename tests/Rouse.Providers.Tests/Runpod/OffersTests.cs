using Rouse.Core.Ports;
using Rouse.Providers.Runpod;

namespace Rouse.Providers.Tests.Runpod;

public sealed class OffersTests
{
    [Fact]
    public async Task APool_IsOfferedAtItsLivePrice_PerSecond()
    {
        await using var bench = await RunpodBench.StartAsync();
        var offers = await bench.Serverless.ListOffersAsync(null, bench.Access, CancellationToken.None);
        var ada = Assert.Single(offers, offer => offer.Hardware == "ADA_24");
        Assert.Equal((0.00031m, 24, "ADA_24", "RTX 4090", Stock.High), (ada.PricePerSecond, ada.VramGb, ada.Pool, ada.Gpus, ada.Stock));
        Assert.Equal("runpod/ADA_24", ada.Key());
        var h100 = Assert.Single(offers, offer => offer.Hardware == "ADA_80_PRO");
        Assert.Equal((80, "H100 NVL, H100 PCIe, H100 SXM"), (h100.VramGb, h100.Gpus));
    }

    [Fact]
    public async Task StockAndPrice_AreThoseOfNow()
    {
        await using var bench = await RunpodBench.StartAsync(change: options => options with { CatalogueFreshness = TimeSpan.Zero });
        bench.Fake.SetStock("ADA_24", stock => (stock.ServerlessPrice, stock.Level) = (3.6m, "LOW"));
        var offer = (await bench.Serverless.ListOffersAsync(null, bench.Access, CancellationToken.None)).Single(offer => offer.Hardware == "ADA_24");
        Assert.Equal((0.001m, Stock.Low), (offer.PricePerSecond, offer.Stock));
        bench.Fake.SetStock("ADA_24", stock => stock.Level = "NONE");
        Assert.Equal(Stock.None, (await bench.Serverless.ListOffersAsync(null, bench.Access, CancellationToken.None)).Single(offer => offer.Hardware == "ADA_24").Stock);
    }

    [Fact]
    public async Task InARegion_OnlyWhatIsThereIsOffered()
    {
        await using var bench = await RunpodBench.StartAsync();
        foreach (var pool in new[] { "AMPERE_16", "AMPERE_24" }) bench.Fake.SetStock(pool, stock => stock.DataCenters = ["US-TX-3"]);
        var european = await bench.Serverless.ListOffersAsync("EU", bench.Access, CancellationToken.None);
        Assert.DoesNotContain(european, offer => offer.Hardware.StartsWith("AMPERE_16", StringComparison.Ordinal));
        Assert.All(european, offer => Assert.Equal("EU", offer.Region));
        Assert.Contains(await bench.Serverless.ListOffersAsync("US", bench.Access, CancellationToken.None), offer => offer.Hardware == "AMPERE_16");
    }

    [Fact]
    public async Task ManyAskers_AreOneReadingOfTheCatalogue()
    {
        await using var bench = await RunpodBench.StartAsync();
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => bench.Serverless.ListOffersAsync(null, bench.Access, CancellationToken.None).AsTask()));
        Assert.Single(bench.Calls("GET", "/v2/catalog/gpus"));
    }

    [Fact]
    public async Task PodsAreOfferedByType_OnRunpodsOwnHardware()
    {
        await using var bench = await RunpodBench.StartAsync();
        var offers = await bench.Pods.ListOffersAsync(null, bench.Access, CancellationToken.None);
        var b300 = Assert.Single(offers, offer => offer.Hardware == "NVIDIA B300 SXM6 AC");
        Assert.Equal((7.89m / 3600, 288, null), (b300.PricePerSecond, b300.VramGb, b300.Pool));
    }

    [Fact]
    public void WhatHasNoPrice_IsNotOffered()
    {
        GpuReply[] gpus = [new() { Id = "a", Pool = "P", Memory = 24, Secure = true, Price = new GpuPrice(null, 1, null) }, new() { Id = "b", Pool = "P", Memory = 24 }];
        Assert.Empty(RunpodOffers.OfPools(gpus, "runpod", null, null));
        Assert.Empty(RunpodOffers.OfTypes(gpus, "runpod-pods", null, null));
    }

    [Fact]
    public void APool_CountsAsItsSmallestAndDearestGpu()
    {
        GpuReply Gpu(int memory, decimal price, string stock) => new() { Id = $"g{memory}", Pool = "P", Memory = memory, Price = new GpuPrice(null, null, price), Availability = stock };
        var offer = Assert.Single(RunpodOffers.OfPools([Gpu(94, 3.6m, "NONE"), Gpu(80, 7.2m, "LOW")], "runpod", null, null));
        Assert.Equal((80, 0.002m, Stock.Low), (offer.VramGb, offer.PricePerSecond, offer.Stock));
    }

    [Fact]
    public void SoldOut_IsNotUnsold()
    {
        var gpu = new GpuReply { Id = "a", Pool = "P", Memory = 24, Price = new GpuPrice(null, null, 1), Availability = "NONE" };
        Assert.Equal(Stock.None, Assert.Single(RunpodOffers.OfPools([gpu], "runpod", "EU", ["EU-RO-1"])).Stock);
    }
}
