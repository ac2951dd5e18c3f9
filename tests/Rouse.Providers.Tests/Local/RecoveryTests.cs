using Rouse.Core.Deployments;
using Rouse.Core.Ports;
using Rouse.Providers.Local;

namespace Rouse.Providers.Tests.Local;

public sealed class RecoveryTests
{
    private const string Chatty = "trap 'exit 0' TERM; n=0; while :; do n=$((n+1)); echo line $n; sleep 0.05; done";
    private static readonly WorkerScaling Two = new() { Min = 2, Max = 2 };

    [Fact]
    public async Task KilledServer_WhenTheGenerationFits_ItsWorkersAreAdopted()
    {
        await using var bench = new LocalBench(Chatty, scaling: Two);
        using var server = await ServerProcess.StartAsync(bench.Identity, Chatty);
        await server.KillAsync();
        var before = bench.Mains();
        Assert.Equal(2, before.Count);

        await bench.Provider.RecoverAsync(CancellationToken.None);
        await bench.SeeAsync(backend => backend.Workers == 2);
        foreach (var found in before) bench.Queue.Ready(found.Worker);
        await bench.SeeAsync(backend => backend is { ReadyWorkers: 2, Status: BackendStatus.Running });
        Assert.Empty(bench.Asked);
        Assert.Equal(before, bench.Mains());

        // Their output goes on being told, from about where the killed server had got to.
        await bench.WaitAsync(() => before.All(found => bench.Lines.Count(line => line.Worker == found.Worker) > 5));
        Assert.All(bench.Lines.GroupBy(line => line.Worker), lines => Assert.Equal(lines.Count(), lines.Distinct().Count()));
        await bench.Provider.DeleteAsync(bench.Id, LocalBench.Access, CancellationToken.None);
        Assert.Empty(bench.Processes());
    }

    [Fact]
    public async Task KilledServer_WhenTheGenerationIsAnother_ItsWorkersAreEndedAndTheirJobsGivenBack()
    {
        const string stubborn = "trap '' TERM; while :; do sleep 0.05; done";
        await using var bench = new LocalBench(stubborn, scaling: Two);
        using var server = await ServerProcess.StartAsync(bench.Identity, stubborn);
        await server.KillAsync();
        var before = bench.Mains();
        bench.Options = bench.Options with { Generation = "two" };
        await bench.Provider.RecoverAsync(CancellationToken.None);
        Assert.All(before, found => Assert.False(ProcFs.IsAlive(found.Id)));
        await bench.SeeAsync(backend => backend.ReadyWorkers == 2);
        Assert.Equal(2, bench.Asked.Count);
        await bench.WaitAsync(() => before.All(found => bench.Queue.Released.Contains(found.Worker)));
    }

    [Fact]
    public async Task KilledServer_WhenThePoolIsGone_ItsWorkersAreEnded()
    {
        await using var bench = new LocalBench(scaling: Two);
        using var server = await ServerProcess.StartAsync(bench.Identity, LocalBench.Obedient);
        await server.KillAsync();
        Directory.Delete(bench.Folder, recursive: true);
        Assert.Equal(2, bench.Mains().Count);
        await bench.Provider.RecoverAsync(CancellationToken.None);
        Assert.Empty(bench.Processes());
        Assert.Null(await bench.ObserveAsync());
    }

    [Fact]
    public async Task AdoptedWorker_WhenItDies_IsReplacedAndItsJobGivenBack()
    {
        await using var bench = new LocalBench(scaling: Two);
        using var server = await ServerProcess.StartAsync(bench.Identity, LocalBench.Obedient);
        await server.KillAsync();
        await bench.Provider.RecoverAsync(CancellationToken.None);
        await bench.SeeAsync(backend => backend.Workers == 2);
        var victim = bench.Mains()[0];
        ProcFs.Signal(victim.Id, Libc.SigKill);
        await bench.WaitAsync(() => bench.Queue.Released.Contains(victim.Worker));
        await bench.SeeAsync(backend => backend.Workers == 2 && bench.Asked.Count == 1);
    }

    [Fact]
    public async Task WorkerThatDiedWhileNoServerLived_HasItsJobGivenBackAndItsLastWordsTold()
    {
        await using var bench = new LocalBench(scaling: Two);
        using var server = await ServerProcess.StartAsync(bench.Identity, "trap 'echo farewell; exit 0' TERM; while :; do sleep 0.05; done");
        await server.KillAsync();
        var victim = bench.Mains()[0];
        ProcFs.Signal(victim.Id, Libc.SigTerm);
        await bench.WaitAsync(() => !ProcFs.IsAlive(victim.Id));
        await bench.Provider.RecoverAsync(CancellationToken.None);
        await bench.WaitAsync(() => bench.Queue.Released.Contains(victim.Worker));
        Assert.Contains((victim.Worker, "farewell"), bench.Lines);
    }

    [Fact]
    public async Task Stop_EndsTheWorkers_AndTheNextStartGoesOnWithThePool()
    {
        await using var bench = await new LocalBench(scaling: Two).DeployAsync();
        await bench.SeeAsync(backend => backend.ReadyWorkers == 2);
        await bench.Provider.DisposeAsync();
        Assert.Empty(bench.Processes());
        Assert.Equal(2, bench.Queue.Released.Count);
        await bench.RestartAsync();
        await bench.SeeAsync(backend => backend.ReadyWorkers == 2);
    }

    [Fact]
    public async Task Stop_WhenAskedToLeaveThem_LeavesTheWorkersToTheNextServer()
    {
        await using var bench = new LocalBench(scaling: Two);
        bench.Options = bench.Options with { StopWorkersOnExit = false };
        await bench.DeployAsync();
        var before = await bench.MainsAsync(2);
        await bench.RestartAsync();
        await bench.SeeAsync(backend => backend.ReadyWorkers == 2);
        Assert.Equal(before, bench.Mains());
    }

    [Fact]
    public async Task Restart_OfASleepingPool_WakesNobody()
    {
        var scaling = new WorkerScaling { IdleTimeout = TimeSpan.Zero };
        await using var bench = await new LocalBench(scaling: scaling).DeployAsync();
        await bench.SeeAsync(backend => backend.ReadyWorkers == 1);
        await bench.SeeAsync(backend => backend.Status == BackendStatus.Sleeping);
        await bench.RestartAsync();
        await bench.SeeAsync(backend => backend.Status == BackendStatus.Sleeping);
        Assert.Single(bench.Asked);
        bench.Queue.Enqueue(1);
        await bench.WaitAsync(() => bench.Asked.Count == 2);
    }

    [Fact]
    public async Task TwoInstallations_OnOneMachine_DoNotTouchEachOther()
    {
        await using var one = await new LocalBench().DeployAsync();
        await using var other = await new LocalBench().DeployAsync();
        await one.SeeAsync(backend => backend.ReadyWorkers == 1);
        await other.SeeAsync(backend => backend.ReadyWorkers == 1);
        var before = await other.MainsAsync(1);
        var listed = await one.Provider.ListOwnedAsync(other.Name.Owner, LocalBench.Access, CancellationToken.None);
        Assert.DoesNotContain(listed, seen => seen.Name == other.Name);
        await one.Provider.DeleteAsync(other.Id, LocalBench.Access, CancellationToken.None);
        await one.RestartAsync(options => options with { Generation = "two" });
        await one.Provider.DeleteAsync(one.Id, LocalBench.Access, CancellationToken.None);
        Assert.Equal(before, other.Mains());
    }

    [Fact]
    public async Task SecondServer_OnTheSameFolder_IsRefused()
    {
        await using var bench = await new LocalBench().DeployAsync();
        await using var second = new LocalBench(heir: bench.Identity, time: new TestKit.Time.ManualTime());
        var recovery = second.Provider.RecoverAsync(CancellationToken.None);
        await second.WaitAsync(() => recovery.IsCompleted);
        var refused = await Assert.ThrowsAsync<ProviderException>(() => recovery);
        Assert.Contains("Another server", refused.Message, StringComparison.Ordinal);
    }
}
