using Rouse.Worker.Engines.Diffusers.Loading;
using Rouse.Worker.Tests.Support;

namespace Rouse.Worker.Tests.Engines.Diffusers;

/// <summary>A run that goes wrong is its job's failure: the engine may be asked again.</summary>
public sealed class FaultTests
{
    private const string Good = """{"prompt":"hills","width":64,"height":64,"num_inference_steps":2,"seed":7}""";

    [PythonFact]
    public async Task ACancelledRun_EndsWithinAStep_AndTheNextOneRunsInTheSameProcess()
    {
        await using var fixture = await new DiffusersFixture().LoadAsync();
        using var stop = new CancellationTokenSource();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => fixture.RunAsync("""{"prompt":"slow hills","width":64,"height":64,"num_inference_steps":150}""", _ => stop.Cancel(), stop.Token));

        Assert.InRange(fixture.Python.Calls("step").Count, 1, 149);
        Assert.Empty(fixture.Python.Calls("call"));
        await fixture.PictureAsync(Good);
        Assert.Single(fixture.Python.Started);
    }

    [PythonFact]
    public async Task ARunThatDoesNotHearOfItsEnd_IsEndedWithItsProcess_AndTheNextOneRunsInAnother()
    {
        var time = new SteppedTime();
        await using var fixture = await new DiffusersFixture(time: time).LoadAsync();
        using var stop = new CancellationTokenSource();
        var run = fixture.RunAsync("""{"prompt":"hang","width":64,"height":64}""", ct: stop.Token);
        await Deadline.UntilAsync(() => fixture.Python.Calls("hang").Count == 1);
        await stop.CancelAsync();

        Assert.Equal(TimeSpan.FromSeconds(15), await time.StepAsync());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);

        // At once: nothing was wrong with the model.
        await fixture.PictureAsync(Good);
        Assert.Equal(2, fixture.Python.Started.Count);
    }

    [PythonFact]
    public async Task OutOfMemory_HasItsCodeAndAWayOut_AndItsCacheIsGivenBack()
    {
        await using var fixture = await new DiffusersFixture().LoadAsync();
        var fault = await fixture.FaultAsync("""{"prompt":"oom","width":64,"height":64}""");

        Assert.Equal("out_of_memory", fault.Code);
        Assert.Equal(
            "The job does not fit into memory (CUDA out of memory. Tried to allocate 9.00 GiB.). Ask for fewer pixels, frames or characters, choose a bigger tier, "
            + "or set ROUSE_DIFFUSERS_OFFLOAD=model.", fault.Message);
        await Deadline.UntilAsync(() => fixture.Log.ToString().Contains("torch emptied its cache", StringComparison.Ordinal));
        await fixture.PictureAsync(Good);
        Assert.Single(fixture.Python.Started);
    }

    [PythonFact]
    public async Task OutOfMemory_InTheWordsOfALibraryBelow_IsThatToo()
    {
        await using var fixture = await new DiffusersFixture().LoadAsync();
        Assert.Equal("out_of_memory", (await fixture.FaultAsync("""{"prompt":"cublas","width":64,"height":64}""")).Code);
        Assert.Single(fixture.Python.Started);
    }

    [PythonFact]
    public async Task AFaultThatTheProcessCannotGetOver_EndsIt_AndTheNextJobFindsAnother()
    {
        var time = new SteppedTime();
        await using var fixture = await new DiffusersFixture(time: time).LoadAsync();
        var fault = await fixture.FaultAsync("""{"prompt":"illegal","width":64,"height":64}""");
        Assert.Equal("RuntimeError: CUDA error: an illegal memory access was encountered", fault.Message);

        var ready = fixture.Engine.ReadyAsync(CancellationToken.None).AsTask();
        Assert.Equal(TimeSpan.FromSeconds(1), await time.StepAsync());
        await ready.InTimeAsync();
        await fixture.PictureAsync(Good);
        Assert.Equal(2, fixture.Python.Started.Count);
    }

    [PythonFact]
    public async Task NumbersThatOverflowed_AreNoBlackPicture()
    {
        await using var fixture = await new DiffusersFixture().LoadAsync();
        var fault = await fixture.FaultAsync("""{"prompt":"overflow","width":64,"height":64}""");
        Assert.Contains("The model's numbers overflowed", fault.Message, StringComparison.Ordinal);
        Assert.Contains("ROUSE_DIFFUSERS_DTYPE", fault.Message, StringComparison.Ordinal);
        await fixture.PictureAsync(Good);
    }

    [PythonFact]
    public async Task AnEndAmidARun_GivesBackWhatThePartInWorkHoldsOfTheGpu()
    {
        await using var fixture = await new DiffusersFixture(wishes: new LoadWishes(null, Offload.Model)).LoadAsync();
        using var stop = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => fixture.RunAsync("""{"prompt":"slow hills","width":64,"height":64,"num_inference_steps":150}""", _ => stop.Cancel(), stop.Token));
        Assert.Single(fixture.Python.Calls("maybe_free_model_hooks"));
    }

    [PythonFact]
    public async Task AnException_IsOneLineToTheCaller_AndWholeInTheLog()
    {
        await using var fixture = await new DiffusersFixture().LoadAsync();
        var fault = await fixture.FaultAsync("""{"prompt":"wrong","width":64,"height":64}""");

        Assert.Equal("engine_failed: ValueError: no such thing", $"{fault.Code}: {fault.Message}");
        await Deadline.UntilAsync(() => fixture.Log.ToString().Contains("Traceback (most recent call last)", StringComparison.Ordinal));
    }

    [PythonFact]
    public async Task ADeath_FailsItsJobWithTheLastWords_AndTheNextJobFindsTheModelLoadedAgain()
    {
        var time = new SteppedTime();
        await using var fixture = await new DiffusersFixture(time: time).LoadAsync();
        var before = await fixture.PictureAsync(Good);

        var fault = await fixture.FaultAsync("""{"prompt":"exit","width":64,"height":64}""");
        Assert.Equal("engine_failed", fault.Code);
        Assert.Equal("The runner ended with exit code 3. It said last: Fatal Python error: a kernel gave up", fault.Message);

        var ready = fixture.Engine.ReadyAsync(CancellationToken.None).AsTask();
        Assert.Equal(TimeSpan.FromSeconds(1), await time.StepAsync());
        await ready.InTimeAsync();
        Assert.Equal(before.Pixels, (await fixture.PictureAsync(Good)).Pixels);
        Assert.Equal(2, fixture.Python.Calls("from_pretrained").Count);
        Assert.Single(fixture.Python.Calls("from_pretrained").Select(call => call.GetRawText()).Distinct());
    }

    [PythonFact]
    public async Task ALoopOfDeaths_BreaksTheEngine_AfterWaitsThatGrow()
    {
        var time = new SteppedTime();
        await using var fixture = await new DiffusersFixture(time: time).LoadAsync();
        var waits = new List<double>();
        for (var death = 1; death < 5; death++)
        {
            var fault = await fixture.FaultAsync("""{"prompt":"die","width":64,"height":64}""");
            Assert.Contains("killed by SIGKILL", fault.Message, StringComparison.Ordinal);
            var ready = fixture.Engine.ReadyAsync(CancellationToken.None).AsTask();
            waits.Add((await time.StepAsync()).TotalSeconds);
            await ready.InTimeAsync();
        }

        Assert.Equal([1, 2, 4, 8], waits);
        Assert.False(fixture.Engine.Broken.IsCompleted);
        await fixture.FaultAsync("""{"prompt":"die","width":64,"height":64}""");
        using var end = new CancellationTokenSource();
        var never = fixture.Engine.ReadyAsync(end.Token).AsTask();
        Assert.Contains("died 5 times in a row", (await fixture.Engine.Broken.InTimeAsync()).Message, StringComparison.Ordinal);
        Assert.False(never.IsCompleted);
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => never.InTimeAsync());
    }
}
