using Rouse.Core.Hardware;
using Rouse.Core.Models;
using Rouse.Core.Ports;
using Rouse.Core.Tests.Models;

namespace Rouse.Core.Tests.Hardware;

public sealed class VramEstimateTests
{
    [Theory]
    [InlineData("sd-turbo", 2_580_060_470, 7)]
    [InlineData("sdxl", 6_938_011_430, 12)] // Measured by others on a 24 GB GPU: 11.2 GB.
    [InlineData("FLUX.1-schnell", 33_720_953_870, 44)]
    [InlineData("sd3.5-large", 27_621_726_622, 37)]
    public void From_OfAWellKnownRepository_CountsEachPartOnce_InHalfPrecision(string name, long weights, int gb)
    {
        var estimate = VramEstimate.From(KnownRepositories.Of(name));
        Assert.Equal((weights, gb), (estimate.WeightBytes, estimate.Gb));
    }

    [Fact]
    public void FluxSchnell_IsNeverOffered16Gb()
    {
        // The seed put it at 12 GB, later at 16, and it ran out of memory there.
        Offer[] sold = [.. new[] { 16, 24, 48, 80 }.Select(gb => new Offer("runpod", $"POOL_{gb}", gb, gb * 0.00001m))];
        var ranked = OfferRanking.Rank(sold, new HardwareNeed(VramEstimate.From(KnownRepositories.FluxSchnell).Gb, null, null));
        Assert.Equal([48, 80], ranked.Offers.Select(offer => offer.VramGb));
    }

    [Fact]
    public void From_WithKnownTypes_CountsWhatIsStoredWideAsHalf()
    {
        var facts = KnownRepositories.Facts("org/wide", "model.safetensors");
        facts = facts with { Weights = [new ModelFile("model.safetensors", 40_000_001_000)], Parameters = Counts(("F32", 10_000_000_000)) };
        Assert.Equal(20_000_000_000, VramEstimate.From(facts).WeightBytes);
        // An engine of ONNX graphs loads what the file holds.
        Assert.Equal(40_000_001_000, VramEstimate.From(facts with { Weights = [new ModelFile("unet/model.onnx", 40_000_001_000)] }).WeightBytes);
    }

    [Fact]
    public void From_WithNarrowTypes_DoesNotWidenThem()
    {
        var facts = KnownRepositories.Facts("org/narrow", "model.safetensors");
        facts = facts with { Weights = [new ModelFile("model.safetensors", 3_500_000_000)], Parameters = Counts(("F8_E4M3", 3_000_000_000), ("F4", 1_000_000_000)) };
        Assert.Equal(3_500_000_000, VramEstimate.From(facts).WeightBytes);
    }

    [Fact]
    public void From_WithATypeThatNobodyKnows_TakesTheFilesSize()
    {
        var facts = KnownRepositories.Facts("org/new", "model.safetensors");
        facts = facts with { Weights = [new ModelFile("model.safetensors", 5_000)], Parameters = Counts(("F7", 1)) };
        Assert.Equal(5_000, VramEstimate.From(facts).WeightBytes);
    }

    [Fact]
    public void Basis_SaysHowTheFigureCame() =>
        Assert.Equal("33.7 GB of weights × 1.2 + 3.5 GB for a picture", VramEstimate.From(KnownRepositories.FluxSchnell).Basis);

    private static Dictionary<string, long> Counts(params (string Type, long Count)[] counts) =>
        counts.ToDictionary(count => count.Type, count => count.Count, StringComparer.Ordinal);
}
