using Rouse.Core.Deployments;
using Rouse.Core.Ports;

namespace Rouse.Providers.Tests.Local;

public sealed class LifeTests
{
    [Fact]
    public async Task Create_StartsAWorkerWithoutAJob_SoThatTheDeploymentCanBecomeReady()
    {
        await using var bench = await new LocalBench().DeployAsync();
        var seen = await bench.SeeAsync(backend => backend.ReadyWorkers == 1);
        Assert.Equal(BackendStatus.Running, seen.Status);
        Assert.Equal(bench.Id, seen.Id);
        await bench.WaitAsync(() => bench.Lines.Any(line => line.Line == "up"));
    }

    [Fact]
    public async Task Create_WritesTheIntentBeforeAnyProcess()
    {
        await using var bench = new LocalBench();
        bool? written = null;
        bench.BeforeStart = () => written ??= File.Exists(Path.Combine(bench.Folder, "pool.json"));
        await bench.DeployAsync();
        await bench.SeeAsync(backend => backend.Workers == 1);
        Assert.True(written);
    }

    [Fact]
    public async Task Create_WhenTheWorkerProgramIsMissing_IsRejectedAndLeavesNothing()
    {
        await using var bench = new LocalBench();
        bench.Options = bench.Options with { Command = new Rouse.Providers.Local.WorkerCommand("/nowhere/worker") };
        var refused = await Assert.ThrowsAsync<ProviderException>(async () => await bench.DeployAsync());
        Assert.Equal(ProviderFault.Rejected, refused.Fault);
        Assert.Equal(FailureCodes.WorkerMissing, refused.Code);
        Assert.Contains("/nowhere/worker", refused.Message, StringComparison.Ordinal);
        Assert.Null(await bench.ObserveAsync());
    }

    [Fact]
    public async Task Delete_LeavesNoProcessAndNoFolder()
    {
        await using var bench = await new LocalBench(scaling: new WorkerScaling { Min = 2, Max = 2 }).DeployAsync();
        await bench.SeeAsync(backend => backend.Workers == 2);
        await bench.Provider.DeleteAsync(bench.Id, LocalBench.Access, CancellationToken.None);
        Assert.Empty(bench.Processes());
        Assert.False(Directory.Exists(bench.Folder));
        Assert.Null(await bench.ObserveAsync());
        Assert.Equal(bench.Asked.Order(), bench.Queue.Released.Order());
    }

    [Fact]
    public async Task Delete_OfAnAbsentBackend_Succeeds()
    {
        await using var bench = new LocalBench();
        await bench.Provider.DeleteAsync(bench.Id, LocalBench.Access, CancellationToken.None);
        await bench.Provider.DeleteAsync(new BackendId("not ours"), LocalBench.Access, CancellationToken.None);
    }

    [Fact]
    public async Task Delete_WhenAWorkerIgnoresSigterm_KillsItAndWhatItStarted()
    {
        const string stubborn = "trap '' TERM; sleep 1000 & while :; do sleep 0.05; done";
        await using var bench = await new LocalBench(stubborn).DeployAsync();
        await bench.WaitAsync(() => bench.Processes().Count >= 2);
        await bench.Provider.DeleteAsync(bench.Id, LocalBench.Access, CancellationToken.None);
        Assert.Empty(bench.Processes());
    }
}
