using System.Collections.Concurrent;
using Rouse.FakeRunpod.Workers;
using Rouse.TestKit.Time;

namespace Rouse.FakeRunpod.Tests;

/// <summary>Real processes: a shell plays the worker.</summary>
public sealed class ProcessWorkersTests
{
    private readonly ConcurrentQueue<string> _lines = new();

    [Fact]
    public async Task AWorker_HasTheContainersEnvironment_AndNoneOfOurs()
    {
        var worker = Start("echo \"$A, $SECRET_OF_THE_TESTS.\"; exit 7", ("A", "one"));
        Assert.Equal(7, await worker.Ended);
        await Eventually.TrueAsync(() => _lines.Contains("one, ."));
    }

    [Fact]
    public async Task Stop_AsksFirst()
    {
        var worker = Start("trap 'echo asked; exit 0' TERM; echo up; while :; do sleep 0.05; done");
        await Eventually.TrueAsync(() => _lines.Contains("up"));
        await worker.StopAsync(Eventually.Deadline);
        Assert.Equal(0, await worker.Ended);
        await Eventually.TrueAsync(() => _lines.Contains("asked"));
    }

    [Fact]
    public async Task Stop_KillsWhatDoesNotListen_AndSoDoesTheEndOfTheFakeItself()
    {
        // Closing the pipe is how it is killed, and what the system does when the fake is killed.
        var worker = Start("trap '' TERM; echo up; while :; do sleep 0.05; done");
        await Eventually.TrueAsync(() => _lines.Contains("up"));
        await worker.StopAsync(TimeSpan.Zero);
        Assert.Equal(137, await worker.Ended);
    }

    [Fact]
    public async Task WhenTheFakeEnds_SoDoWorkersThatWereStillBeingAsked()
    {
        var runner = new ProcessWorkers("/bin/sh", ["-c", "trap '' TERM; echo up; while :; do sleep 0.05; done"], TimeProvider.System) { Output = (_, line) => _lines.Enqueue(line) };
        var runpod = await FakeRunpodServer.StartAsync(new FakeRunpodOptions { Runner = runner });
        using var client = new Client(runpod);
        var endpoint = await client.CreateEndpointAsync(static body => body["workers"]!["min"] = 1);
        await Eventually.TrueAsync(() => _lines.Contains("up"));
        runpod.DeleteEndpoint(endpoint);
        Assert.Equal(1, runpod.LivingContainers());
        await runpod.DisposeAsync();
        await Eventually.TrueAsync(() => runpod.LivingContainers() == 0);
    }

    private IRunningWorker Start(string script, params (string Name, string Value)[] environment)
    {
        Environment.SetEnvironmentVariable("SECRET_OF_THE_TESTS", "never");
        var runner = new ProcessWorkers("/bin/sh", ["-c", script], TimeProvider.System) { Output = (_, line) => _lines.Enqueue(line) };
        return runner.Start(new ContainerLaunch("w1", "e1", "any", "", environment.ToDictionary(static pair => pair.Name, static pair => pair.Value, StringComparer.Ordinal), null, null));
    }
}
