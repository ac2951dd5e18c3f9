using Rouse.Worker.Engines;
using Rouse.Worker.Tests.Support;

namespace Rouse.Worker.Tests.Supervision;

public sealed class SupervisedServerTests
{
    private const string Serves = "echo hello; echo $$ >$1/pid; exec sleep 1000";

    [Fact]
    public async Task Server_IsWaitedForUntilItIsUp_AndEveryFifteenthAskIsTold()
    {
        await using var supervised = new Supervised(Serves);
        supervised.Probe = (_, _) => Task.FromResult(supervised.Asked < 32 ? "HTTP 503" : null);

        await supervised.Server.StartAsync(CancellationToken.None).InTimeAsync();

        Assert.Equal(2, supervised.Log.Split("is not up yet").Length - 1);
        Assert.Contains("30 asks: HTTP 503", supervised.Log, StringComparison.Ordinal);
        await Deadline.UntilAsync(() => supervised.Log.Contains("[server] hello", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Server_ThatDies_IsStartedAgain_AndItsJobsAreToldHow()
    {
        await using var supervised = new Supervised("echo boom >&2; read -r go <$1/go; exit 7");
        await Fifo.MakeAsync(Path.Combine(supervised.Folder, "go"));
        await supervised.Server.StartAsync(CancellationToken.None).InTimeAsync();
        var first = await supervised.Server.LifeAsync(CancellationToken.None);
        await Deadline.UntilAsync(() => supervised.Log.Contains("boom", StringComparison.Ordinal));

        await File.WriteAllTextAsync(Path.Combine(supervised.Folder, "go"), "\n");

        var death = await first.Death.InTimeAsync();
        Assert.Equal(EngineFault.EngineFailed, death.Code);
        Assert.Equal("The server ended with exit code 7. It said last: boom What it was running is lost.", death.Message);
        await Deadline.UntilAsync(() => first.Ended.IsCancellationRequested);
        var second = await supervised.Server.LifeAsync(CancellationToken.None).AsTask().InTimeAsync();
        Assert.NotEqual(first.ProcessId, second.ProcessId);
        Assert.False(second.Ended.IsCancellationRequested);
    }

    [Fact]
    public async Task Server_ThatDiesAtEachStart_IsGivenUp_WithItsExitCodeAndItsLastLines()
    {
        await using var supervised = new Supervised("echo no such model >&2; exit 3");
        supervised.Probe = static (_, _) => Task.FromResult<string?>("connection refused");

        var fault = await Assert.ThrowsAsync<EngineException>(() => supervised.Server.StartAsync(CancellationToken.None).InTimeAsync());

        Assert.Equal(EngineFault.EngineFailed, fault.Code);
        Assert.Contains("died 5 times in a row", fault.Message, StringComparison.Ordinal);
        Assert.Contains("exit code 3", fault.Message, StringComparison.Ordinal);
        Assert.Contains("It said last: no such model", fault.Message, StringComparison.Ordinal);
        Assert.Same(fault, await supervised.Server.Broken);
        await Assert.ThrowsAsync<EngineException>(async () => await supervised.Server.LifeAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Server_WhoseLastWordsAreOfMemory_IsToldAsOutOfMemory()
    {
        await using var supervised = new Supervised("echo 'torch.OutOfMemoryError: CUDA out of memory.'; exit 1");
        supervised.Probe = static (_, _) => Task.FromResult<string?>("connection refused");
        var fault = await Assert.ThrowsAsync<EngineException>(() => supervised.Server.StartAsync(CancellationToken.None).InTimeAsync());
        Assert.Equal(EngineFault.OutOfMemory, fault.Code);
    }

    [Fact]
    public async Task Server_ThatIsNotUpInTime_IsStoppedAndGivenUp()
    {
        await using var supervised = new Supervised(Serves, limits => limits with { StartLimit = TimeSpan.FromMilliseconds(50) });
        var process = 0;
        supervised.Probe = (life, _) =>
        {
            process = life.ProcessId!.Value;
            return Task.FromResult<string?>("HTTP 503");
        };

        var fault = await Assert.ThrowsAsync<EngineException>(() => supervised.Server.StartAsync(CancellationToken.None).InTimeAsync());

        Assert.Contains("was not up after 0 s: HTTP 503", fault.Message, StringComparison.Ordinal);
        await supervised.Server.DisposeAsync();
        Assert.False(Directory.Exists($"/proc/{process}"));
    }

    [Fact]
    public async Task Server_ThatNoLongerAnswers_TakesNoJob_AndIsStartedAgain()
    {
        await using var supervised = new Supervised(Serves, limits => limits with { HangLimit = TimeSpan.FromMilliseconds(100), ProbeTimeout = TimeSpan.FromMilliseconds(20) });
        var hangs = 0;
        supervised.Probe = async (life, ct) =>
        {
            if (life.ProcessId == Volatile.Read(ref hangs)) await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, ct);
            return null;
        };
        await supervised.Server.StartAsync(CancellationToken.None).InTimeAsync();
        var first = await supervised.Server.LifeAsync(CancellationToken.None);

        Volatile.Write(ref hangs, first.ProcessId!.Value);
        await Deadline.UntilAsync(() => !supervised.Server.ReadyAsync(CancellationToken.None).IsCompleted);

        Assert.Contains("did not answer for", (await first.Death.InTimeAsync()).Message, StringComparison.Ordinal);
        var second = await supervised.Server.LifeAsync(CancellationToken.None).AsTask().InTimeAsync();
        Assert.NotEqual(first.ProcessId, second.ProcessId);
        Assert.False(Directory.Exists($"/proc/{first.ProcessId}"));
    }

    [Fact]
    public async Task Server_ThatIsStopped_MayEndItsWorkFirst_AndTakesItsWholeGroupWithIt()
    {
        await using var supervised = new Supervised("trap 'echo ended >$1/ended; exit 0' TERM; sleep 1000 & echo $! >$1/grandchild; while :; do wait; done");
        await supervised.Server.StartAsync(CancellationToken.None).InTimeAsync();
        var grandchild = await supervised.ReadAsync("grandchild");

        await supervised.Server.DisposeAsync();

        Assert.Equal("ended", await supervised.ReadAsync("ended"));
        await Processes.GoneAsync(grandchild);
    }

    [Fact]
    public async Task Server_DeafToSigterm_IsKilledAfterTheGrace()
    {
        await using var supervised = new Supervised("trap '' TERM; echo $$ >$1/pid; while :; do sleep 1000; done", limits => limits with { StopGrace = TimeSpan.FromMilliseconds(20) });
        await supervised.Server.StartAsync(CancellationToken.None).InTimeAsync();
        var process = await supervised.ReadAsync("pid");

        await supervised.Server.DisposeAsync();

        Assert.False(Directory.Exists("/proc/" + process));
    }

    [Fact]
    public async Task ServerOfSomebodyElse_IsAskedOnly()
    {
        await using var supervised = new Supervised(null, limits => limits with { HangLimit = TimeSpan.FromMilliseconds(50) });
        var up = true;
        supervised.Probe = (_, _) => Task.FromResult(Volatile.Read(ref up) ? null : "connection refused");
        await supervised.Server.StartAsync(CancellationToken.None).InTimeAsync();
        var first = await supervised.Server.LifeAsync(CancellationToken.None);

        Volatile.Write(ref up, false);
        Assert.Contains("connection refused", (await first.Death.InTimeAsync()).Message, StringComparison.Ordinal);
        Volatile.Write(ref up, true);

        Assert.NotSame(first, await supervised.Server.LifeAsync(CancellationToken.None).AsTask().InTimeAsync());
        Assert.False(supervised.Server.Broken.IsCompleted);
    }
}
