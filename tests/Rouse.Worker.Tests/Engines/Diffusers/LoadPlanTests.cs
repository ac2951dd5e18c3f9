using Rouse.Worker.Engines.Diffusers;
using Rouse.Worker.Engines.Diffusers.Loading;

namespace Rouse.Worker.Tests.Engines.Diffusers;

/// <summary>Precision, variant and offload by weights and memory. Sizes are thousands of millions of numbers and GB.</summary>
public sealed class LoadPlanTests
{
    [Theory]
    // Stable Diffusion 1.5 on a T4, SDXL on an A10 and on 8 GB and 4 GB.
    [InlineData(1.1, 0.9, false, ",fp16", 15, false, "float16 fp16 none")]
    [InlineData(3.5, 2.6, false, "fp16,", 22, true, "float16 fp16 none")]
    [InlineData(3.5, 2.6, false, "fp16,", 8, true, "float16 fp16 model")]
    [InlineData(3.5, 2.6, false, "fp16,", 4, true, "float16 fp16 sequential")]
    // No half variant: the plain files, in half precision all the same.
    [InlineData(3.5, 2.6, false, "", 22, true, "float16 - none")]
    // FLUX: 12 and 4.8 thousand million; whole on 40 GB, by parts on 32 GB, by layers on 24 GB.
    [InlineData(16.9, 11.9, true, "", 40, true, "bfloat16 - none")]
    [InlineData(16.9, 11.9, true, "", 32, true, "bfloat16 - model")]
    [InlineData(16.9, 11.9, true, "", 24, true, "bfloat16 - sequential")]
    // Without bfloat16 in hardware such a model computes with 32 bits: in 16 its pictures come out black.
    [InlineData(16.9, 11.9, true, "", 15, false, "float32 - sequential")]
    [InlineData(2, 1, true, "fp16,", 40, false, "float32 - none")]
    [InlineData(2, 1, true, "fp16", 40, true, "bfloat16 fp16 none")]
    [InlineData(2, 1, true, "bf16,", 40, true, "bfloat16 bf16 none")]
    public void OnAGpu(double all, double largest, bool wide, string variants, double free, bool bfloat16, string expected)
    {
        var plan = LoadPlan.Decide(Weights(all, largest, wide, variants), On(free, bfloat16), LoadWishes.None, DiffusersTask.TextToImage);

        Assert.Equal("cuda", plan.Device);
        Assert.Equal(expected, Words(plan));
    }

    [Theory]
    // Wan 2.1 1.3B with its text encoder, and CogVideoX 2B.
    [InlineData(7.2, 5.7, 22, "bfloat16 - none")]
    [InlineData(7.2, 5.7, 20, "bfloat16 - model")]
    [InlineData(6.7, 4.8, 22, "bfloat16 - none")]
    // Wan 2.1 14B: whole on 80 GB, by parts on 40 GB.
    [InlineData(20, 14.3, 79, "bfloat16 - none")]
    [InlineData(20, 14.3, 39.5, "bfloat16 - model")]
    [InlineData(20, 14.3, 24, "bfloat16 - sequential")]
    public void AFilm_NeedsMoreRoomThanAPicture(double all, double largest, double free, string expected) =>
        Assert.Equal(expected, Words(LoadPlan.Decide(Weights(all, largest, wide: true, ""), On(free, true), LoadWishes.None, DiffusersTask.TextToVideo)));

    [Theory]
    [InlineData("fp16,", "float32 - none")]
    [InlineData("fp16", "float32 fp16 none")]
    public void WithoutAGpu_AllIsFloat32_FromThePlainFilesWhereTheyAre(string variants, string expected)
    {
        var plan = LoadPlan.Decide(Weights(3, 2, wide: true, variants), Without, LoadWishes.None, DiffusersTask.TextToImage);

        Assert.Equal("cpu", plan.Device);
        Assert.Equal(expected, Words(plan));
        Assert.Equal("on the processor, because torch sees no GPU", plan.Why);
        Assert.Null(plan.Smaller());
    }

    [Fact]
    public void WhereComponentsDifferInTheirVariants_TheHalfOneIsNamed_WhichEachTakesWhereItHasIt() =>
        Assert.Equal("float16 fp16 none", Words(LoadPlan.Decide(new StoredWeights([], 1_000_000, 500_000, NeedsWideRange: false), On(24, true), LoadWishes.None, DiffusersTask.TextToImage)));

    [Fact]
    public void AnOperatorsWish_IsObeyed()
    {
        var plan = LoadPlan.Decide(Weights(1, 1, wide: true, ""), On(80, true), new LoadWishes(Dtype.Float32, Offload.Sequential), DiffusersTask.TextToImage);
        Assert.Equal("float32 - sequential", Words(plan));
    }

    [Fact]
    public void Speech_IsNeverLoadedByParts() =>
        Assert.Equal("float16 fp16 none", Words(LoadPlan.Decide(Weights(3, 3, wide: false, "fp16"), On(4, true), new LoadWishes(null, Offload.Model), DiffusersTask.SpeechToText)));

    [Fact]
    public void Smaller_GoesThroughPartsToLayers_AndEnds()
    {
        var plan = LoadPlan.Decide(Weights(1, 1, wide: false, ""), On(24, true), LoadWishes.None, DiffusersTask.TextToImage);
        Assert.Equal([Offload.Model, Offload.Sequential], [plan.Smaller()!.Offload, plan.Smaller()!.Smaller()!.Offload]);
        Assert.Null(plan.Smaller()!.Smaller()!.Smaller());
    }

    private static Machine Without => new("3.11", new Dictionary<string, string>(), new Dictionary<string, string>(), Gpu: null, "torch sees no GPU");

    private static Machine On(double free, bool bfloat16) => Without with { Gpu = new Gpu("GPU", (long)(free * 1e9), (long)(free * 1e9), bfloat16), WhyNoGpu = null };

    private static StoredWeights Weights(double all, double largest, bool wide, string variants) => new(variants.Split(','), (long)(all * 1e9), (long)(largest * 1e9), wide);

    private static string Words(LoadPlan plan) => $"{plan.Dtype.Word()} {(plan.Variant.Length == 0 ? "-" : plan.Variant)} {plan.Offload.Word()}";
}
