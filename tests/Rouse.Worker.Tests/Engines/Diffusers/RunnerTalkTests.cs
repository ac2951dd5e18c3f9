using Rouse.Worker.Engines;
using Rouse.Worker.Engines.Diffusers;
using Rouse.Worker.Engines.Diffusers.Runners;
using Rouse.Worker.Lifetime;
using Rouse.Worker.Tests.Support;

namespace Rouse.Worker.Tests.Engines.Diffusers;

/// <summary>A runner that does not keep to what was agreed: its job fails, and what it still says is never taken for another job's.</summary>
public sealed class RunnerTalkTests : IDisposable
{
    private readonly BabblingRunner _runner = new();

    [PythonTheory]
    [InlineData("""say({"answer": "done", "run": 2})""", "it spoke of another run")]
    [InlineData("""say({"answer": "done"})""", "The given key was not present")]
    [InlineData("""say({"answer": "probed", "run": 1})""", "'probed' is no answer to this")]
    [InlineData("""say({"answer": "done", "run": "1"})""", "requires an element of type 'Number'")]
    [InlineData("""say({"answer": "made", "run": 1, "kind": "pixels", "seed": 1, "width": 8, "height": 8}, b"few")""", "The pixels do not fill the picture.")]
    [InlineData("""say({"answer": "made", "run": 1, "kind": "pixels", "seed": "x"})""", "requires an element of type 'Number'")]
    [InlineData("""say({"answer": "step", "run": 1, "step": 1.5})""", "invalid format")]
    [InlineData("""pipe.write(b"a progress bar: 50%"); pipe.flush()""", "is none of the runner's")]
    public async Task WhatCannotBeFollowed_EndsTheRunner(string says, string words)
    {
        await using var process = _runner.Start(says);
        var talk = new RunnerTalk(process, new Clock(TimeProvider.System, static () => 0));
        var files = new MadeFiles();

        var fault = await Assert.ThrowsAsync<EngineException>(
            () => talk.RunAsync(static _ => { }, default, answer => { if (answer.Kind == "made") files.Add(answer); else answer.Body.GetProperty("step").GetInt32(); }, CancellationToken.None).InTimeAsync());

        Assert.Equal("engine_failed", fault.Code);
        Assert.Contains("The runner spoke otherwise than agreed: ", fault.Message, StringComparison.Ordinal);
        Assert.Contains(words, fault.Message, StringComparison.Ordinal);
        Assert.True(talk.HasEnded);
    }

    [PythonFact]
    public async Task ARunnerThatDoesNotEvenRead_IsEndedWithTheJobThatIsStopped()
    {
        await using var process = _runner.Start("pass", reads: false);
        var time = new SteppedTime();
        var talk = new RunnerTalk(process, new Clock(time, static () => 0));
        using var stop = new CancellationTokenSource();
        var run = talk.RunAsync(static _ => { }, new byte[1 << 20], static _ => { }, stop.Token);
        await stop.CancelAsync();

        Assert.Equal(RunnerTalk.StopGrace, await time.StepAsync());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run.InTimeAsync());
        Assert.True(talk is { HasEnded: true, WasEnded: true });
    }

    [PythonFact]
    public async Task AnOrderThatIsGivenUp_IsNoFaultOfTheModels()
    {
        await using var process = _runner.Start("pass");
        var talk = new RunnerTalk(process, new Clock(TimeProvider.System, static () => 0));
        using var stop = new CancellationTokenSource();
        var load = talk.AskAsync(static json => json.WriteString("order", "load"), "loaded", stop.Token);
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => load.InTimeAsync());
        Assert.True(talk is { HasEnded: true, WasEnded: true });
    }

    public void Dispose() => _runner.Dispose();
}
