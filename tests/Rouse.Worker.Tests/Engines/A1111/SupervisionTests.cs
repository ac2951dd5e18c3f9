using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Rouse.Worker.Engines.A1111;
using Rouse.Worker.Lifetime;
using Rouse.Worker.Supervision;
using Rouse.Worker.Tests.Support;

namespace Rouse.Worker.Tests.Engines.A1111;

/// <summary>A WebUI that the worker has started, as a process.</summary>
public sealed partial class SupervisionTests
{
    [Fact]
    public async Task WebUiOfTheWorkers_KilledInTheMidst_IsStartedAgain_DrawsTheJob_AndEndsWithTheEngine()
    {
        var settings = Bridge.Settings($"http://127.0.0.1:{FreePort()}/sdapi/v1");
        settings = settings with
        {
            Command = new ServerCommand("WebUI", ["dotnet", Path.Combine(AppContext.BaseDirectory, "Rouse.Worker.Tests.dll"), "webui", $"{settings.Api.Port}", "10"]),
        };
        var source = new ModelSource(static (wanted, _, _) => throw new InvalidOperationException(wanted.Name), static () => default, static _ => Task.CompletedTask, "/models/checkpoints");
        A1111Engine? engine = null;
        await using var worker = await WorkerFixture.StartAsync(log => engine = new A1111Engine(settings, "org/name", source, log, new Clock(TimeProvider.System, static () => 0)), environment: Bridge.WithoutModel);
        worker.Plane.Hand("j1", """{"prompt":"a","steps":100}""");
        using var http = new HttpClient { BaseAddress = settings.Api };
        await Deadline.UntilAsync(() => worker.Plane.Of("job-take").Count == 1);
        while (!(await http.GetStringAsync("progress")).Contains("\"job_count\":1", StringComparison.Ordinal)) await Task.Yield();

        Kill(Processes(worker)[0]);

        var done = await worker.Plane.FirstAsync("job-done", static seen => !seen.Body.Contains("IN_PROGRESS", StringComparison.Ordinal));
        Assert.StartsWith("""{"output":{"images":[""", done.Body, StringComparison.Ordinal);
        Assert.Contains("The WebUI ended with exit code 137 (killed by SIGKILL: most often the machine's memory ran out)", worker.Output.ToString(), StringComparison.Ordinal);
        Assert.Contains("Job j1: the WebUI went away in the midst of it", worker.Output.ToString(), StringComparison.Ordinal);
        var second = Processes(worker)[1];
        await worker.StopAsync();
        await engine!.DisposeAsync();
        Assert.Throws<ArgumentException>(() => Process.GetProcessById(second));
    }

    [GeneratedRegex(@"The WebUI is started as process (?<id>\d+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Started();

    private static List<int> Processes(WorkerFixture worker) =>
        [.. Started().Matches(worker.Output.ToString()).Select(static match => int.Parse(match.Groups["id"].Value, System.Globalization.CultureInfo.InvariantCulture))];

    private static void Kill(int id)
    {
        using var process = Process.GetProcessById(id);
        process.Kill();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
