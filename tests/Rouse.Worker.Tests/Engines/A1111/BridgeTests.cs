using System.Text.Json;
using Rouse.TestKit.WebUi;
using Rouse.Worker.Engines;

namespace Rouse.Worker.Tests.Engines.A1111;

/// <summary>Jobs that go well, and what the WebUI says of those that do not.</summary>
public sealed class BridgeTests
{
    /// <summary>Every member of v1.9.3's txt2img, of the type it has there.</summary>
    private const string Everything = """
        {"prompt":"a fox","negative_prompt":"blurry","styles":["ink"],"seed":42,"subseed":-1,"subseed_strength":0.1,"seed_resize_from_h":-1,"seed_resize_from_w":-1,
        "sampler_name":"DPM++ 2M","scheduler":"Karras","batch_size":2,"n_iter":2,"steps":3,"cfg_scale":7.5,"width":512,"height":768,"restore_faces":false,"tiling":false,
        "do_not_save_samples":true,"do_not_save_grid":true,"eta":0.5,"denoising_strength":0.4,"s_min_uncond":0,"s_churn":0,"s_tmax":0,"s_tmin":0,"s_noise":1,
        "override_settings":{"CLIP_stop_at_last_layers":2},"override_settings_restore_afterwards":true,"refiner_checkpoint":"x","refiner_switch_at":0.8,
        "disable_extra_networks":false,"firstpass_image":null,"comments":{},"enable_hr":true,"firstphase_width":0,"firstphase_height":0,"hr_scale":2,
        "hr_upscaler":"Latent","hr_second_pass_steps":1,"hr_resize_x":0,"hr_resize_y":0,"hr_checkpoint_name":null,"hr_sampler_name":"Euler","hr_scheduler":"Karras",
        "hr_prompt":"","hr_negative_prompt":"","force_task_id":"t","sampler_index":"Euler","script_name":null,"script_args":[],"send_images":true,"save_images":false,
        "alwayson_scripts":{"ControlNet":{"args":[]}},"infotext":""}
        """;

    [Fact]
    public async Task EveryParameterOfTheWebUi_ReachesIt_AsItWasGiven()
    {
        await using var bridge = await Bridge.StartAsync();
        var output = await bridge.OutputAsync(Everything);
        Assert.True(JsonElement.DeepEquals(JsonElement.Parse(Everything), JsonElement.Parse(bridge.SentTo("txt2img"))));
        Assert.Equal(4, JsonElement.Parse(output).GetProperty("images").GetArrayLength());
    }

    [Theory]
    [InlineData("""{"prompt":"a","init_images":["aGk="],"denoising_strength":0.5,"mask_blur":4}""", "img2img")]
    [InlineData("""{"image":"aGk=","upscaling_resize":2,"upscaler_1":"Lanczos"}""", "extra-single-image")]
    [InlineData("""{"imageList":[{"data":"aGk=","name":"a.png"}],"resize_mode":0}""", "extra-batch-images")]
    public async Task Input_OfAnotherCall_ReachesThatCallUnchanged(string input, string call)
    {
        await using var bridge = await Bridge.StartAsync();
        await bridge.OutputAsync(input);
        Assert.Equal(input, bridge.SentTo(call));
    }

    [Fact]
    public async Task Answer_IsPassedOnByteForByte_AndCacheInfoIsAddedOnlyWhenAskedFor()
    {
        const string odd = "{ \"images\" :[\"\\u0061\"],\n\"info\":\"{}\",\"x\":1.50 }";
        await using var bridge = await Bridge.StartAsync();
        bridge.WebUi.Script.Answers.Enqueue((200, odd));
        bridge.WebUi.Script.Answers.Enqueue((200, odd));
        Assert.Equal(odd, await bridge.OutputAsync(Bridge.Simple));
        Assert.Equal(
            odd[..^1] + ",\"cache_info\":{\"checkpoints_cached\":2,\"loras_cached\":1,\"total_cache_size_mb\":3}}",
            await bridge.OutputAsync("""{"prompt":"a","cache_info":true}"""));
    }

    [Fact]
    public async Task Answer_ThatIsNoJson_FailsTheJob()
    {
        await using var bridge = await Bridge.StartAsync();
        bridge.WebUi.Script.Answers.Enqueue((200, "{\"images\":["));
        Assert.Contains("something that is no JSON", (await bridge.FailureAsync(Bridge.Simple)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"prompt":"a","sampler_name":"DPM++ 2M Karras"}""", "invalid_input: The WebUI refused the job (HTTP 404): Sampler not found")]
    [InlineData("""{"prompt":"a","script_name":"nope"}""", "invalid_input: The WebUI refused the job (HTTP 422): Script 'nope' not found")]
    [InlineData("""{"prompt":"a","seed":"x","tiling":[]}""", "invalid_input: The WebUI refused the job (HTTP 422): tiling: value could not be parsed to a boolean; seed: value is not a valid integer")]
    public async Task Input_ThatTheWebUiRefuses_IsToldInItsWords_AndNotSentAgain(string input, string words)
    {
        await using var bridge = await Bridge.StartAsync();
        var refusal = await bridge.RefusalAsync(input);
        Assert.Equal(words.Split(": ")[..2], refusal.Split(": ")[..2]);
        Assert.All(words.Split(": ", 3)[2].Split("; "), part => Assert.Contains(part, refusal, StringComparison.Ordinal));
        Assert.Single(bridge.WebUi.Of("POST", "txt2img"));
    }

    [Theory]
    [InlineData("""{"error":"OutOfMemoryError","detail":"","body":"","errors":"CUDA out of memory. Tried to allocate 20 GiB"}""", "out_of_memory", "CUDA out of memory. Tried to allocate 20 GiB")]
    [InlineData("""{"error":"TypeError","detail":"","body":"","errors":"'NoneType' object is not iterable"}""", "engine_failed", "TypeError: 'NoneType' object is not iterable")]
    [InlineData("Internal Server Error", "engine_failed", "Internal Server Error")]
    public async Task Fault_InsideTheWebUi_FailsTheJobInItsWords_AndIsNotSentAgain(string body, string code, string words)
    {
        await using var bridge = await Bridge.StartAsync();
        bridge.WebUi.Script.Answers.Enqueue((500, body));
        var fault = await bridge.FailureAsync(Bridge.Simple);
        Assert.Equal(code, fault.Code);
        Assert.Contains(words, fault.Message, StringComparison.Ordinal);
        Assert.Single(bridge.WebUi.Of("POST", "txt2img"));
    }

    [Fact]
    public async Task Refusal_ThatTheWebUiTellsAs500_IsTheCallers()
    {
        await using var bridge = await Bridge.StartAsync();
        bridge.WebUi.Script.Answers.Enqueue((500, """{"error":"HTTPException","detail":"Invalid encoded image","body":"","errors":""}"""));
        Assert.Equal("invalid_input: The WebUI refused the job (HTTP 500): Invalid encoded image", await bridge.RefusalAsync(Bridge.Simple));
    }

    [Fact]
    public async Task Words_OfTheWebUi_AreBounded()
    {
        await using var bridge = await Bridge.StartAsync();
        bridge.WebUi.Script.Answers.Enqueue((500, new string('x', 100_000)));
        Assert.InRange((await bridge.FailureAsync(Bridge.Simple)).Message.Length, 1_000, 1_100);
    }

    [Fact]
    public async Task AHundredJobs_NeedTwoConnectionsAtMost()
    {
        await using var bridge = await Bridge.StartAsync();
        for (var i = 0; i < 100; i++) await bridge.OutputAsync(Bridge.Simple);
        Assert.InRange(bridge.WebUi.Connections, 1, 2);
    }

    [Fact]
    public async Task Progress_IsToldWhileTheWebUiDraws()
    {
        var time = new SkippingTime();
        await using var bridge = await Bridge.StartAsync(time);
        bridge.WebUi.Script.StepTime = TimeSpan.FromMilliseconds(1);
        var told = new TaskCompletionSource<EngineProgress>();
        using var stop = new CancellationTokenSource();
        var run = bridge.RunAsync("""{"prompt":"a","steps":100,"n_iter":100000}""", stop.Token, step => told.TrySetResult(step));
        await Support.Deadline.UntilAsync(() => !bridge.WebUi.IsIdle);
        await time.EndAsync(Rouse.Worker.Engines.A1111.Calls.ProgressWatch.Interval);
        var step = await told.Task.WaitAsync(Support.Deadline.Generous);
        Assert.Equal(EngineProgress.Inference, step.Stage);
        Assert.InRange(step.Step, 0, step.Steps);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        Assert.True(bridge.WebUi.WasInterrupted);
    }
}
