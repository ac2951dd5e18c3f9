using System.Text;
using Rouse.Core.Tenancy;
using Rouse.Providers.Local;

namespace Rouse.Providers.Tests.Local;

public sealed class WorkerProcessTests
{
    [Fact]
    public async Task Secrets_ReachTheWorkerAndNeverTheDisk()
    {
        var canary = LocalBench.NewId();
        await using var bench = new LocalBench("[ -n \"$TOKEN\" ] && echo has $PLAIN and a token of ${#TOKEN}; " + LocalBench.Obedient);
        bench.Environment!["TOKEN"] = new Secret(canary);
        bench.Environment["PLAIN"] = "a plain value";
        await bench.DeployAsync();
        await bench.WaitAsync(() => bench.Lines.Any(line => line.Line == "has a plain value and a token of 26"));
        await bench.SeeAsync(backend => backend.ReadyWorkers == 1);
        foreach (var file in Directory.EnumerateFiles(bench.Options.DataFolder, "*", SearchOption.AllDirectories))
        {
            if (Path.GetFileName(file) == ".lock") continue;
            Assert.DoesNotContain(canary, Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file)), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task ServersOwnEnvironment_IsNotPassedOn()
    {
        var canary = "ROUSE_CANARY_" + LocalBench.NewId();
        Environment.SetEnvironmentVariable(canary, "server's");
        await using var bench = await new LocalBench($"echo \"${{{canary}:-unset}} $HOME\"; {LocalBench.Obedient}").DeployAsync();
        await bench.WaitAsync(() => !bench.Lines.IsEmpty);
        Assert.Equal("unset " + Environment.GetEnvironmentVariable("HOME"), bench.Lines.First().Line);
    }

    [Fact]
    public async Task Worker_LivesInASessionOfItsOwn_SoThatCtrlCInTheTerminalDoesNotReachIt()
    {
        await using var bench = await new LocalBench("echo $$ $(cut -d ' ' -f 6 /proc/$$/stat); " + LocalBench.Obedient).DeployAsync();
        await bench.WaitAsync(() => !bench.Lines.IsEmpty);
        var (pid, session) = bench.Lines.First().Line.Split(' ') is [var first, var second] ? (first, second) : ("", "none");
        Assert.Equal(pid, session);
    }

    [Fact]
    public async Task Worker_WhereSetsidIsMissing_IgnoresCtrlC()
    {
        await using var bench = new LocalBench();
        var tools = Directory.CreateDirectory(Path.Combine(bench.Options.DataFolder, "tools"));
        File.CreateSymbolicLink(Path.Combine(tools.FullName, "sleep"), "/bin/sleep");
        bench.Environment!["PATH"] = tools.FullName;
        await bench.DeployAsync();
        await bench.WaitAsync(() => bench.Lines.Any(line => line.Line == "up"));
        var worker = bench.Mains().Single();
        // Bits of the ignored signals: SIGINT is the second (proc(5), SigIgn).
        var status = await File.ReadAllLinesAsync($"/proc/{worker.Id.Pid}/status");
        var ignored = status.Single(line => line.StartsWith("SigIgn:", StringComparison.Ordinal))["SigIgn:".Length..].Trim();
        Assert.Equal(1, (Convert.ToInt64(ignored, 16) >> 1) & 1);
        await bench.Provider.DeleteAsync(bench.Id, LocalBench.Access, CancellationToken.None);
        Assert.Empty(bench.Processes());
    }

    [Fact]
    public async Task Environment_WhenTheDeploymentIsGone_StartsNothing()
    {
        await using var bench = new LocalBench { Environment = null };
        await bench.DeployAsync();
        await bench.WaitAsync(() => bench.Asked.Count == 1);
        Assert.Empty(bench.Processes());
        await bench.Provider.DeleteAsync(bench.Id, LocalBench.Access, CancellationToken.None);
    }

    [Fact]
    public async Task OtherProcessWithTheSameNumber_IsNotTakenForTheWorker()
    {
        await using var bench = await new LocalBench().DeployAsync();
        var worker = (await bench.MainsAsync(1))[0].Id;
        var later = worker with { StartTicks = worker.StartTicks + 1 };
        Assert.False(ProcFs.IsAlive(later));
        ProcFs.Signal(later, Libc.SigKill);
        Assert.True(ProcFs.IsAlive(worker));
    }
}
