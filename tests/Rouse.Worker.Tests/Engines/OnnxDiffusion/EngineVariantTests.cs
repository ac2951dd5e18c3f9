using Rouse.Onnx.Runtime;
using Rouse.Onnx.Samples.TinyDiffusion;
using Rouse.Worker.Tests.Engines.Images;

namespace Rouse.Worker.Tests.Engines.OnnxDiffusion;

/// <summary>Repositories differ in precision, id type, prediction and scheduler; the picture should hardly.</summary>
public sealed class EngineVariantTests(TinyEngine plain) : IClassFixture<TinyEngine>
{
    private const string Input = """{"prompt":"tropical sea","seed":3,"guidance_scale":3.5,"width":128,"height":64,"num_inference_steps":25}""";

    [Fact]
    public async Task Run_AFloat16ModelWithInt64Ids_GivesNearlyTheSamePicture() =>
        Assert.InRange(await DifferenceAsync(new() { Floats = OnnxElementType.Float16, TokenIds = OnnxElementType.Int64 }), 0, 2);

    [Fact]
    public async Task Run_AModelThatPredictsVelocity_GivesNearlyTheSamePicture() =>
        Assert.InRange(await DifferenceAsync(new() { Prediction = "v_prediction" }), 0, 0.5);

    [Theory]
    [InlineData("DDIMScheduler", "ddim")]
    [InlineData("PNDMScheduler", "euler")]
    [InlineData("EulerDiscreteScheduler", "euler")]
    [InlineData("EulerAncestralDiscreteScheduler", "euler_ancestral")]
    [InlineData("LCMScheduler", "lcm")]
    public async Task Run_UnderEachScheduler_SaysWhichAndPaintsTheSamePalette(string className, string word)
    {
        var engine = await TinyEngine.StartAsync(new() { Scheduler = className });
        try
        {
            var output = await engine.OutputAsync(Input);
            Assert.Equal(word, output.GetProperty("scheduler").GetString());
            var (own, reference) = (TinyEngine.Decode(output), await plain.PictureAsync(Input));
            for (var colour = 0; colour < 3; colour++) Assert.Equal(Mean(reference, colour), Mean(own, colour), 30.0);
        }
        finally
        {
            await engine.DisposeAsync();
        }

        static double Mean(PngReader picture, int colour) => picture.Pixels.Where((_, i) => i % 3 == colour).Average(p => p);
    }

    [Fact]
    public async Task Run_DdimAndEuler_ConvergeToTheSamePicture()
    {
        var many = Input.Replace("25", "100", StringComparison.Ordinal);
        var ddim = many.Replace("\"seed\"", "\"scheduler\":\"ddim\",\"seed\"", StringComparison.Ordinal);
        Assert.InRange(PngReader.MeanDifference(await plain.PictureAsync(many), await plain.PictureAsync(ddim)), 0, 4);
    }

    [Theory]
    [InlineData("EulerDiscreteScheduler", "trailing", 4, 0)] // as SD-Turbo
    [InlineData("LCMScheduler", "leading", 4, 1)]
    public async Task Run_ADistilledModel_TakesFewStepsByDefault(string scheduler, string spacing, int steps, double guidance)
    {
        var engine = await TinyEngine.StartAsync(new() { Scheduler = scheduler, TimestepSpacing = spacing });
        try
        {
            var output = await engine.OutputAsync("""{"prompt":"meadow","width":64,"height":64}""");
            Assert.Equal(steps, output.GetProperty("num_inference_steps").GetInt32());
            Assert.Equal(guidance, output.GetProperty("guidance_scale").GetDouble());
        }
        finally
        {
            await engine.DisposeAsync();
        }
    }

    [Fact]
    public async Task Run_AModelOfOneSize_TakesThatSizeAndNoOther()
    {
        var engine = await TinyEngine.StartAsync(new() { FixedSize = 12 });
        try
        {
            var picture = await engine.PictureAsync("""{"prompt":"tropical sea","seed":3}"""); // 3.5 of guidance takes two runs of one prompt a step
            Assert.Equal((96, 96), (picture.Width, picture.Height));
            var free = await plain.PictureAsync("""{"prompt":"tropical sea","seed":3,"width":96,"height":96}""");
            Assert.InRange(PngReader.MeanDifference(free, picture), 0, 0.1);
            Assert.Contains("'width' must be 96", await engine.RefusalAsync("""{"prompt":"x","width":64}"""), StringComparison.Ordinal);
        }
        finally
        {
            await engine.DisposeAsync();
        }
    }

    [Fact]
    public async Task Run_AModelWithAScalarFloatTimestep_GivesTheSamePicture() =>
        Assert.InRange(await DifferenceAsync(new() { Timestep = OnnxElementType.Float }), 0, 0.1);

    [Fact]
    public async Task Run_AModelThatTakesGuidance_IsGivenItAndRunsUnguided()
    {
        var engine = await TinyEngine.StartAsync(new() { Scheduler = "LCMScheduler", TakesGuidance = true });
        try
        {
            const string input = """{"prompt":"tropical sea","seed":3,"width":64,"height":64}""";
            var output = await engine.OutputAsync(input);
            Assert.Equal(8.5, output.GetProperty("guidance_scale").GetDouble());
            var other = await engine.PictureAsync(input.Replace("}", ",\"guidance_scale\":2}", StringComparison.Ordinal));
            Assert.InRange(PngReader.MeanDifference(TinyEngine.Decode(output), other), 0.1, 255);
            var opposed = await engine.OutputAsync(input.Replace("}", ",\"negative_prompt\":\"red\"}", StringComparison.Ordinal));
            Assert.Equal(output.GetRawText(), opposed.GetRawText());
        }
        finally
        {
            await engine.DisposeAsync();
        }
    }

    private async Task<double> DifferenceAsync(TinyDiffusionOptions options)
    {
        var engine = await TinyEngine.StartAsync(options);
        try
        {
            return PngReader.MeanDifference(await plain.PictureAsync(Input), await engine.PictureAsync(Input));
        }
        finally
        {
            await engine.DisposeAsync();
        }
    }
}
