namespace Rouse.Worker.Tests.Engines.OnnxDiffusion;

public sealed class InputTests(TinyEngine tiny) : IClassFixture<TinyEngine>
{
    [Theory]
    [InlineData("\"prompt\":\"\"", "prompt", "1 to 2000", "0")]
    [InlineData("\"prompt\":7", "prompt", "text", "7")]
    [InlineData("\"prompt\":null", "prompt", "text", "absent")]
    [InlineData("\"prompt\":[\"x\"]", "prompt", "text", "[\"x\"]")]
    [InlineData("\"prompt\":\"\\ud800\"", "prompt", "text", "\\ud800")]
    [InlineData("\"negative_prompt\":{}", "negative_prompt", "text", "{}")]
    [InlineData("\"num_inference_steps\":0", "num_inference_steps", "1 to 150", "0")]
    [InlineData("\"num_inference_steps\":-1", "num_inference_steps", "1 to 150", "-1")]
    [InlineData("\"num_inference_steps\":151", "num_inference_steps", "1 to 150", "151")]
    [InlineData("\"num_inference_steps\":2.5", "num_inference_steps", "whole number", "2.5")]
    [InlineData("\"num_inference_steps\":\"20\"", "num_inference_steps", "whole number", "\"20\"")]
    [InlineData("\"num_inference_steps\":1e400", "num_inference_steps", "1 to 150", "1e400")]
    [InlineData("\"num_inference_steps\":true", "num_inference_steps", "1 to 150", "true")]
    [InlineData("\"scheduler\":\"lcm\",\"num_inference_steps\":51", "num_inference_steps", "1 to 50", "51")]
    [InlineData("\"guidance_scale\":-0.1", "guidance_scale", "0 to 30", "-0.1")]
    [InlineData("\"guidance_scale\":30.5", "guidance_scale", "0 to 30", "30.5")]
    [InlineData("\"guidance_scale\":1e999", "guidance_scale", "0 to 30", "1e999")]
    [InlineData("\"guidance_scale\":\"NaN\"", "guidance_scale", "0 to 30", "NaN")]
    [InlineData("\"width\":63", "width", "64 to 2048", "63")]
    [InlineData("\"width\":100", "width", "multiple of 8", "100")]
    [InlineData("\"height\":2049", "height", "64 to 2048", "2049")]
    [InlineData("\"height\":1000000000", "height", "64 to 2048", "1000000000")]
    [InlineData("\"width\":-64", "width", "64 to 2048", "-64")]
    [InlineData("\"width\":2048,\"height\":2048", "width", "2359296 pixels", "4194304")]
    [InlineData("\"seed\":-1", "seed", "0 to 9007199254740991", "-1")]
    [InlineData("\"seed\":9007199254740992", "seed", "9007199254740991", "9007199254740992")]
    [InlineData("\"seed\":9007199254740991,\"num_images\":2", "seed", "9007199254740990", "9007199254740991")]
    [InlineData("\"num_images\":0", "num_images", "1 to 4", "0")]
    [InlineData("\"num_images\":5", "num_images", "1 to 4", "5")]
    [InlineData("\"num_images_per_prompt\":5", "num_images_per_prompt", "1 to 4", "5")]
    [InlineData("\"num_images\":1,\"num_images_per_prompt\":1", "num_images_per_prompt", "left out", "1")]
    [InlineData("\"scheduler\":\"dpm++\"", "scheduler", "euler, euler_ancestral, ddim, lcm", "dpm++")]
    [InlineData("\"scheduler\":3", "scheduler", "text", "3")]
    [InlineData("\"steps\":3", "steps", "not a member", "num_inference_steps")]
    [InlineData("\"Prompt\":\"x\"", "Prompt", "not a member", "prompt")]
    [InlineData("\"a:b\":1", "a:b", "not a member", "prompt")]
    [InlineData("\"\\ud800\":1", "not Unicode", "not a member", "prompt")]
    [InlineData("\"seed\":1,\"seed\":2", "seed", "given twice", "once")]
    public async Task Run_OnBadInput_NamesTheMemberTheBoundAndTheValueAndRunsNothing(string members, string name, string bound, string value)
    {
        var prompt = members.StartsWith("\"prompt\"", StringComparison.Ordinal) ? "" : "\"prompt\":\"x\",";
        var message = await tiny.RefusalAsync($"{{{prompt}{members}}}");
        Assert.Contains($"'{name}'".Replace("'not Unicode'", "(not Unicode)", StringComparison.Ordinal), message, StringComparison.Ordinal);
        Assert.Contains(bound, message, StringComparison.Ordinal);
        Assert.Contains(value, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"a cat\"")]
    [InlineData("{}")]
    [InlineData("{\"seed\":1}")]
    public async Task Run_WithoutAPrompt_AsksForIt(string input) =>
        Assert.Contains("'prompt'", await tiny.RefusalAsync(input), StringComparison.Ordinal);

    [Fact]
    public async Task Run_OnAnOverlongPrompt_SaysHowLongItWasAndDoesNotRepeatIt()
    {
        var message = await tiny.RefusalAsync($$"""{"prompt":"{{new string('x', 2001)}}"}""");
        Assert.Contains("had 2001", message, StringComparison.Ordinal);
        Assert.InRange(message.Length, 1, 300);
    }

    [Fact]
    public async Task Run_OnALongUnknownName_DoesNotRepeatItWhole() =>
        Assert.InRange((await tiny.RefusalAsync($$"""{"prompt":"x","{{new string('y', 10_000)}}":1}""")).Length, 1, 400);

    [Fact]
    public async Task Run_OnThePromptsLimit_IsTaken() =>
        await tiny.OutputAsync($$"""{"prompt":"{{new string('x', 2000)}}","width":64,"height":64,"num_inference_steps":1}""");
}
