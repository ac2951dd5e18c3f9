using System.Diagnostics;
using Rouse.Core.Deployments;

namespace Rouse.Providers.Tests.Local;

/// <summary>This assembly as a server in a process of its own, with two workers; the only one that can be killed like a real one.</summary>
internal sealed class ServerProcess : IDisposable
{
    private const int Workers = 2;
    private readonly Process _process;

    private ServerProcess(Process process) => _process = process;

    /// <summary>Returns when its workers are ready.</summary>
    public static async Task<ServerProcess> StartAsync(BenchId id, string script)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, UseShellExecute = false };
        string[] arguments = [typeof(ServerProcess).Assembly.Location, "serve", id.Folder, id.Owner, id.Deployment, script];
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        var process = Process.Start(start)!;
        Assert.Equal("ready", await process.StandardOutput.ReadLineAsync().WaitAsync(TestKit.Time.Eventually.Deadline));
        return new ServerProcess(process);
    }

    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
    }

    /// <summary>The other side: deploys, says so, and lives until it is killed.</summary>
    public static async Task<int> MainAsync(string[] args)
    {
        var scaling = new WorkerScaling { Min = Workers, Max = Workers };
        var bench = new LocalBench(args[3], scaling: scaling, heir: new BenchId(args[0], args[1], args[2]));
        await bench.DeployAsync();
        await bench.SeeAsync(backend => backend.ReadyWorkers == Workers);
        await bench.MainsAsync(Workers);
        Console.Out.WriteLine("ready");
        await Console.Out.FlushAsync();
        // When the test that started us is gone, so are we.
        using var parent = Process.GetProcessById(ParentId());
        await parent.WaitForExitAsync();
        return 0;
    }

    private static int ParentId()
    {
        var stat = File.ReadAllText("/proc/self/stat");
        return int.Parse(stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]);
    }
}
