using System.Net;
using System.Net.Sockets;
using Rouse.Worker.Tests.Support;

namespace Rouse.Worker.Tests.Contract;

/// <summary>Stops of a job and of the worker, as the real program meets them.</summary>
public sealed class EndTests
{
    [Fact]
    public async Task Stop_OfARunningJob_EndsItWithoutAWord_AndTheNextRuns_WhilePingsTellWhichIsHeld()
    {
        await using var worker = await TinyWorker.StartAsync(static plane => plane.Plan("job-take", Reply.Job("endless", TinyWorker.Endless), Reply.Job("next", TinyWorker.Short)));
        await worker.RunsAsync("endless");
        // The engine keeps a core busy for as long as it runs; pings go on beside it.
        await Deadline.UntilAsync(() => worker.Plane.Of("ping").Count(static seen => seen.Target.Contains("job_id=endless", StringComparison.Ordinal)) >= 4);
        worker.Plane.Plan("job-stop", Reply.Stop("unknown", "endless"));
        await worker.Plane.EndedAsync("next");
        await Deadline.UntilAsync(() => worker.Plane.Of("ping")[^1].Target == Ping());
        await worker.StopAsync();

        Assert.Empty(worker.Plane.Ends("endless"));
        Assert.Single(worker.Plane.Ends("next"));
        Assert.Subset(new HashSet<string> { Ping(), Ping("&job_id=endless"), Ping("&job_id=next") }, worker.Plane.Of("ping").Select(static seen => seen.Target).ToHashSet(StringComparer.Ordinal));

        static string Ping(string held = "") => $"/v2/ep1/ping/w1?gpu=cpu{held}&runpod_version=1.12.0";
    }

    [Fact]
    public async Task Sigterm_InTheMiddleOfAJob_LetsItEnd_AndWaitsForNoPoll()
    {
        await using var worker = await TinyWorker.StartAsync(static plane => plane.Plan("job-take", Reply.Job("last", TinyWorker.Long), Reply.Job("never", TinyWorker.Short)));
        await worker.RunsAsync("last");
        Assert.Empty(worker.Plane.Ends("last"));
        await worker.StopAsync();

        Assert.Contains("image_base64", Assert.Single(worker.Plane.Ends("last")).Body, StringComparison.Ordinal);
        Assert.Empty(worker.Plane.Posts("never"));
        Assert.Single(worker.Plane.Of("job-take"));
    }

    [Fact]
    public async Task Sigterm_Twice_DropsTheJob()
    {
        await using var worker = await TinyWorker.StartAsync(static plane => plane.Plan("job-take", Reply.Job("endless", TinyWorker.Endless)));
        await worker.RunsAsync("endless");
        worker.Process.Terminate();
        // Two signals that come together are one to the system: the first is heard before the second is sent.
        await Deadline.UntilAsync(() => worker.Process.Output.Contains("Asked to stop", StringComparison.Ordinal));
        await worker.StopAsync();

        Assert.Empty(worker.Plane.Ends("endless"));
    }

    [Fact]
    public async Task Sigterm_WhileAResultCannotBeDelivered_GoesOnTryingIt_UntilItIsToldTwice()
    {
        await using var worker = await TinyWorker.StartAsync(static plane =>
        {
            plane.Plan("job-take", Reply.Job("kept", TinyWorker.Short));
            plane.Plan("job-done", Enumerable.Repeat(Reply.Of(503), 1_000));
        });
        await worker.Plane.EndedAsync("kept");
        worker.Process.Terminate();
        await Deadline.UntilAsync(() => worker.Process.Output.Contains("Asked to stop", StringComparison.Ordinal));
        var tries = worker.Plane.Ends("kept").Count;
        await Deadline.UntilAsync(() => worker.Plane.Ends("kept").Count >= tries + 2);
        await worker.StopAsync();
    }

    [Fact]
    public async Task AWorkerThatCannotStart_SaysSoOnceByAPing_WithoutItsSecrets()
    {
        await using var worker = await TinyWorker.StartAsync(environment: static set => (set["ROUSE_MODEL_PATH"], set["HF_TOKEN"]) = ("/nowhere/of-a-secret-kind", "of-a-secret-kind"));

        Assert.Equal(3, await worker.Process.EndAsync());
        worker.CheckManners();
        var ping = Assert.Single(worker.Plane.Requests);
        Assert.StartsWith("/v2/ep1/ping/w1?gpu=cpu&status=unhealthy&check=model_not_found&reason=", ping.Target, StringComparison.Ordinal);
        Assert.EndsWith("&runpod_version=1.12.0", ping.Target, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", ping.Target, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AWorkerWhosePlaneIsNotThereYet_WaitsForIt_AndServes()
    {
        var port = FreePort();
        await using var worker = await TinyWorker.StartAsync(environment: set =>
        {
            foreach (var name in set.Keys.Where(static name => name.StartsWith("RUNPOD_WEBHOOK", StringComparison.Ordinal)).ToList())
            {
                set[name] = $"http://127.0.0.1:{port}{set[name][set[name].IndexOf("/v2/", StringComparison.Ordinal)..]}";
            }
        });
        await Deadline.UntilAsync(() => worker.Process.Output.Contains("Taking a job failed, trying again", StringComparison.Ordinal));
        await using var late = await ContractPlane.StartAsync(port);
        late.Plan("job-take", Reply.Job("first", TinyWorker.Short));
        await late.EndedAsync("first");
        await worker.StopAsync();

        Assert.Empty(worker.Plane.Requests);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
