using System.Text.Json;
using Rouse.Worker.Engines;
using Rouse.Worker.Tests.Engines.Images;

namespace Rouse.Worker.Tests.Engines.OnnxDiffusion;

public sealed class EngineTests(TinyEngine tiny) : IClassFixture<TinyEngine>
{
    private const string Red = """{"prompt":"a red sunset","seed":5,"width":64,"height":64,"num_inference_steps":6}""";

    [Fact]
    public async Task Run_TwiceWithOneSeed_GivesTheSameBytes()
    {
        var (first, second) = (await tiny.OutputAsync(Red), await tiny.OutputAsync(Red));
        Assert.Equal(first.GetRawText(), second.GetRawText());
    }

    [Theory]
    [InlineData("\"seed\":5", "\"seed\":6")]
    [InlineData("a red sunset", "the blue ocean")]
    [InlineData("a red sunset", "an unheard-of flumph")]
    [InlineData("\"num_inference_steps\":6", "\"num_inference_steps\":20")]
    [InlineData("\"seed\"", "\"negative_prompt\":\"night\",\"seed\"")]
    [InlineData("\"seed\"", "\"guidance_scale\":1,\"seed\"")]
    [InlineData("\"seed\"", "\"scheduler\":\"euler_ancestral\",\"seed\"")]
    public async Task Run_WithOneThingChanged_GivesAVisiblyOtherPicture(string from, string to)
    {
        var other = await tiny.PictureAsync(Red.Replace(from, to, StringComparison.Ordinal));
        Assert.InRange(PngReader.MeanDifference(await tiny.PictureAsync(Red), other), 1.5, 255); // of 255: the eye sees 1
    }

    [Fact]
    public async Task Run_WordsMeanTheirColours()
    {
        var red = Mean(await tiny.PictureAsync(Red));
        var blue = Mean(await tiny.PictureAsync(Red.Replace("a red sunset", "blue ocean", StringComparison.Ordinal)));
        var night = Mean(await tiny.PictureAsync(Red.Replace("a red sunset", "midnight", StringComparison.Ordinal)));
        Assert.True(red[0] > red[2] + 20, $"red is {string.Join(',', red)}");
        Assert.True(blue[2] > blue[0] + 20, $"blue is {string.Join(',', blue)}");
        Assert.True(night.Sum() < red.Sum() && night.Sum() < blue.Sum(), $"night is {string.Join(',', night)}");

        static double[] Mean(PngReader picture) =>
            [.. Enumerable.Range(0, 3).Select(colour => picture.Pixels.Where((_, i) => i % 3 == colour).Average(p => p))];
    }

    [Fact]
    public async Task Run_SeveralImages_AreThePicturesOfTheirSeeds()
    {
        const string one = """{"prompt":"forest","width":64,"height":72,"num_inference_steps":4,"scheduler":"lcm","seed":10}""";
        var batch = await tiny.OutputAsync(one.Replace("10}", "10,\"num_images\":3}", StringComparison.Ordinal));
        var images = batch.GetProperty("images").EnumerateArray().ToArray();
        Assert.Equal([10, 11, 12], images.Select(image => image.GetProperty("seed").GetInt64()));
        Assert.Equal(images[0].GetProperty("image_base64").GetString(), batch.GetProperty("image_base64").GetString());
        foreach (var image in images)
        {
            var alone = await tiny.OutputAsync(one.Replace("10}", image.GetProperty("seed") + "}", StringComparison.Ordinal));
            Assert.Equal(alone.GetProperty("image_base64").GetString(), image.GetProperty("image_base64").GetString());
        }
    }

    [Fact]
    public async Task Run_WithThePromptAlone_TakesTheModelsDefaultsAndReportsThem()
    {
        var output = await tiny.OutputAsync("""{"prompt":"ocean","seed":null}""");
        Assert.Equal(["image_base64", "images", "model_id", "seed", "width", "height", "num_inference_steps", "guidance_scale", "scheduler"],
            output.EnumerateObject().Select(member => member.Name));
        Assert.Equal("tiny/model", output.GetProperty("model_id").GetString());
        Assert.Equal(TinyEngine.DrawnSeed, output.GetProperty("seed").GetInt64());
        Assert.Equal(28, output.GetProperty("num_inference_steps").GetInt32());
        Assert.Equal(3.5, output.GetProperty("guidance_scale").GetDouble());
        Assert.Equal("euler", output.GetProperty("scheduler").GetString());
        var picture = TinyEngine.Decode(output);
        Assert.Equal((256, 256), (picture.Width, picture.Height));
        Assert.Equal((256, 256), (output.GetProperty("width").GetInt32(), output.GetProperty("height").GetInt32()));
    }

    [Fact]
    public async Task Run_ReportsEachStepOnceInOrder()
    {
        var seen = new List<EngineProgress>();
        await tiny.OutputAsync("""{"prompt":"x","width":64,"height":64,"num_inference_steps":3,"num_images_per_prompt":2}""", seen.Add);
        Assert.Equal(Enumerable.Range(1, 6).Select(step => new EngineProgress("inference", step, 6)), seen);
        Assert.Equal(Enumerable.Range(1, 3).Select(part => new EngineProgress("loading", part, 3)), tiny.Loading);
    }

    [Fact]
    public async Task Run_WhenCancelledAtAStep_EndsBeforeTheNextAndTheEngineGoesOn()
    {
        using var cancel = new CancellationTokenSource();
        var last = 0;
        var run = tiny.OutputAsync(Red, progress =>
        {
            last = progress.Step;
            if (last == 2) cancel.Cancel();
        }, cancel.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        Assert.Equal(2, last);
        await tiny.OutputAsync(Red);
    }

    [Fact]
    public async Task Run_OnMoreThreads_GivesTheSamePicture()
    {
        var more = await TinyEngine.StartAsync(new(), threads: 4);
        try
        {
            Assert.Equal((await tiny.OutputAsync(Red)).GetRawText(), (await more.OutputAsync(Red)).GetRawText());
        }
        finally
        {
            await more.DisposeAsync();
        }
    }

    [Fact]
    public async Task Run_AWholeNumberWrittenWithAPoint_IsTaken()
    {
        var output = await tiny.OutputAsync("""{"prompt":"x","width":64.0,"height":6.4e1,"num_inference_steps":1.0,"seed":9007199254740991}""");
        Assert.Equal((1L << 53) - 1, output.GetProperty("seed").GetInt64());
    }
}
