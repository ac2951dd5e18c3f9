using Rouse.Worker.Engines;
using Rouse.Worker.Engines.A1111;
using Rouse.Worker.Engines.A1111.Calls;
using Rouse.Worker.Tests.Support;

namespace Rouse.Worker.Tests.Engines.A1111;

/// <summary>A WebUI that is busy, hangs, dies or loses its routes: what becomes of the job.</summary>
public sealed class FaultTests
{
    /// <summary>After the first retry, which waits for nothing: together 102.2 s.</summary>
    private static readonly double[] s_pauses = [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 51.2];

    [Theory]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(504)]
    public async Task BusyWebUi_IsAskedElevenTimes_AlsoByPost(int status)
    {
        var time = new SkippingTime();
        await using var bridge = await Bridge.StartAsync(time);
        for (var i = 0; i < 20; i++) bridge.WebUi.Script.Statuses.Enqueue(status);
        var fault = await bridge.FailureAsync(Bridge.Simple);
        Assert.Equal(A1111Fault.Unreachable, fault.Code);
        Assert.Contains($"did not take the job in 11 attempts; the last: HTTP {status}", fault.Message, StringComparison.Ordinal);
        Assert.Equal(11, bridge.WebUi.Of("POST", "txt2img").Count);
        Assert.Equal(s_pauses, time.Skipped);
    }

    [Fact]
    public async Task BusyWebUi_ThatFindsTimeAtTheLastAttempt_DrawsThePicture()
    {
        await using var bridge = await Bridge.StartAsync(new SkippingTime());
        for (var i = 0; i < 10; i++) bridge.WebUi.Script.Statuses.Enqueue(503);
        Assert.Contains("images", await bridge.OutputAsync(Bridge.Simple), StringComparison.Ordinal);
    }

    [Fact]
    public async Task LostConnections_AreMadeElevenTimes()
    {
        var time = new SkippingTime();
        await using var bridge = await Bridge.StartAsync(time);
        bridge.WebUi.Script.Drops = 100;
        Assert.Equal(A1111Fault.Unreachable, (await bridge.FailureAsync(Bridge.Simple)).Code);
        Assert.Equal(11, bridge.WebUi.Of("POST", "txt2img").Count);
        Assert.Equal(s_pauses, time.Skipped);
    }

    [Fact]
    public async Task WebUi_ThatIsGone_IsTriedElevenTimes_AndTheJobToldSo()
    {
        var time = new SkippingTime();
        await using var bridge = await Bridge.StartAsync(time);
        await bridge.WebUi.DieAsync();
        var fault = await bridge.FailureAsync(Bridge.Simple);
        Assert.Equal(A1111Fault.Unreachable, fault.Code);
        Assert.Contains("in 11 attempts; the last: Connection refused", fault.Message, StringComparison.Ordinal);
        Assert.Equal(s_pauses, time.Skipped);
    }

    [Fact]
    public async Task WebUi_ThatDiesInTheMidstOfAJob_DrawsItOnceMoreWhenItIsBack()
    {
        await using var bridge = await Bridge.StartAsync();
        bridge.WebUi.Script.Hold = new TaskCompletionSource().Task;
        var run = bridge.OutputAsync(Bridge.Simple);
        await Deadline.UntilAsync(() => !bridge.WebUi.IsIdle);
        await bridge.WebUi.DieAsync();
        await Deadline.UntilAsync(() => bridge.Log.Contains("It is run once more when the WebUI is back", StringComparison.Ordinal));
        bridge.WebUi.Script.Hold = null;
        await bridge.WebUi.RiseAsync();
        Assert.Contains("images", await run, StringComparison.Ordinal);
        Assert.Equal(2, bridge.WebUi.Of("POST", "txt2img").Count);
    }

    [Fact]
    public async Task WebUi_ThatDiesTwiceOfTheSameJob_IsNotGivenItAThirdTime()
    {
        await using var bridge = await Bridge.StartAsync();
        bridge.WebUi.Script.Hold = new TaskCompletionSource().Task;
        var run = bridge.FailureAsync(Bridge.Simple);
        for (var death = 1; death <= 2; death++)
        {
            await Deadline.UntilAsync(() => bridge.WebUi.Of("POST", "txt2img").Count == death && !bridge.WebUi.IsIdle);
            await bridge.WebUi.DieAsync();
            if (death == 1)
            {
                await Deadline.UntilAsync(() => bridge.Log.Contains("It is run once more", StringComparison.Ordinal));
                await bridge.WebUi.RiseAsync();
            }
        }

        Assert.Contains("The WebUI died twice while it worked on this job", (await run).Message, StringComparison.Ordinal);
        Assert.Equal(2, bridge.WebUi.Of("POST", "txt2img").Count);
    }

    [Fact]
    public async Task Job_ThatTakesTooLong_FailsOnce_AndIsInterruptedInTheWebUi()
    {
        var time = new SkippingTime();
        await using var bridge = await Bridge.StartAsync(time);
        bridge.WebUi.Script.Hold = new TaskCompletionSource().Task;
        var run = bridge.FailureAsync(Bridge.Simple);
        await Deadline.UntilAsync(() => !bridge.WebUi.IsIdle);
        await time.EndAsync(TimeSpan.FromSeconds(A1111Settings.DefaultTimeout));
        var fault = await run;
        Assert.Equal(A1111Fault.TimedOut, fault.Code);
        Assert.Contains("had not finished the job after 600 s, so it was interrupted", fault.Message, StringComparison.Ordinal);
        Assert.True(bridge.WebUi is { WasInterrupted: true, IsIdle: true });
        Assert.Single(bridge.WebUi.Of("POST", "txt2img"));
    }

    [Fact]
    public async Task HangingWebUi_ThatAnswersNoInterruptEither_FailsTheJobAllTheSame()
    {
        var time = new SkippingTime();
        await using var bridge = await Bridge.StartAsync(time);
        bridge.WebUi.Script.Hangs = true;
        var run = bridge.FailureAsync(Bridge.Simple);
        await Deadline.UntilAsync(() => !bridge.WebUi.IsIdle);
        await time.EndAsync(TimeSpan.FromSeconds(A1111Settings.DefaultTimeout));
        await Deadline.UntilAsync(() => bridge.WebUi.Of("POST", "interrupt").Count == 1);
        await time.EndAsync(Interruption.Patience);
        Assert.Equal(A1111Fault.TimedOut, (await run).Code);
        Assert.Contains("was to be interrupted", bridge.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CancelledJob_IsInterruptedInTheWebUi_AndTheNextIsServed()
    {
        await using var bridge = await Bridge.StartAsync();
        bridge.WebUi.Script.Hold = new TaskCompletionSource().Task;
        using var stop = new CancellationTokenSource();
        var run = bridge.RunAsync(Bridge.Simple, stop.Token);
        await Deadline.UntilAsync(() => !bridge.WebUi.IsIdle);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        Assert.True(bridge.WebUi is { WasInterrupted: true, IsIdle: true });
        bridge.WebUi.Script.Hold = null;
        Assert.Contains("images", await bridge.OutputAsync(Bridge.Simple), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Route_ThatIsMissingForAWhile_IsLookedAfterWithoutDrawing()
    {
        var time = new SkippingTime();
        await using var bridge = await Bridge.StartAsync(time);
        // The job itself, then the looks of two attempts.
        bridge.WebUi.Script.MissingRoutes = 3;
        Assert.Contains("images", await bridge.OutputAsync(Bridge.Simple), StringComparison.Ordinal);
        Assert.Equal([5, 5, 5], time.Skipped);
        Assert.Equal(2, bridge.WebUi.Of("POST", "txt2img").Count);
        Assert.Equal(3, bridge.WebUi.Of("GET", "txt2img").Count);
        Assert.Equal(3, bridge.WebUi.Of("GET", "options").Count);
    }

    [Fact]
    public async Task Route_ThatStaysMissing_FailsTheJobAfterThreeLooks()
    {
        await using var bridge = await Bridge.StartAsync(new SkippingTime());
        bridge.WebUi.Script.MissingRoutes = 100;
        var fault = await bridge.FailureAsync(Bridge.Simple);
        Assert.Equal(A1111Fault.Unreachable, fault.Code);
        Assert.Contains("has no route txt2img (HTTP 404) after 3 looks 5 s apart: the route is not there (HTTP 404). Start it with --api", fault.Message, StringComparison.Ordinal);
        Assert.Single(bridge.WebUi.Of("POST", "txt2img"));
    }

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 1)]
    public async Task WarmUp_IsTheSmallestPicture_AndOnlyWhereItIsWanted(bool warmsUp, int drawn)
    {
        await using var bridge = await Bridge.StartAsync(warmsUp: warmsUp);
        await bridge.Engine.WarmUpAsync(CancellationToken.None);
        Assert.Equal(drawn, bridge.WebUi.Of("POST", "txt2img").Count);
        Assert.All(bridge.WebUi.Of("POST", "txt2img"), static request => Assert.Equal("""{"prompt":"warm","steps":1,"width":64,"height":64}""", request.Body));
    }

    [Fact]
    public async Task WebUi_ThatStillDrawsWhatWasGivenUp_IsInterruptedBeforeItIsAskedAgain()
    {
        await using var bridge = await Bridge.StartAsync(new SkippingTime());
        var hold = new TaskCompletionSource();
        bridge.WebUi.Script.Hold = hold.Task;
        using var other = new HttpClient();
        using var body = new StringContent(Bridge.Simple);
        var leftover = other.PostAsync(bridge.WebUi.Url + "/txt2img", body);
        await Deadline.UntilAsync(() => !bridge.WebUi.IsIdle);
        bridge.WebUi.Script.Statuses.Enqueue(504);
        var run = bridge.OutputAsync(Bridge.Simple);
        (await leftover.InTimeAsync()).Dispose();
        hold.SetResult();
        Assert.Contains("images", await run, StringComparison.Ordinal);
        Assert.Contains("Job j1 was interrupted in the WebUI (HTTP 504)", bridge.Log, StringComparison.Ordinal);
    }
}
