using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Rouse.Worker.Tests.Support;

namespace Rouse.Worker.Tests.Engines.ModelServers;

/// <summary>The worker's own program with a server beside it, both as processes.</summary>
public sealed class WorkerProcessTests : IDisposable
{
    private const string Chat = """{"openai_route":"/v1/chat/completions","openai_input":{"stream":true,"gated":1,"n":3}}""";

    private readonly string _folder = Directory.CreateTempSubdirectory("rouse-server-").FullName;

    [Fact]
    public async Task Worker_StreamsPartsInOrder_AndOnSigtermBringsTheStreamHomeBeforeTheServerEnds()
    {
        await using var plane = await FakeJobPlane.StartAsync();
        var port = FreePort();
        using var worker = Start(plane, port);
        plane.Hand("s", Chat);
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        await plane.FirstAsync("job-take");
        await ReleaseAsync(http);
        await plane.FirstAsync("job-stream");

        worker.Terminate();
        await Deadline.UntilAsync(() => worker.Output.Contains("Asked to stop", StringComparison.Ordinal));
        await ReleaseAsync(http);
        await ReleaseAsync(http);

        Assert.Equal(0, await worker.EndAsync());
        Assert.Equal(["""{"output":{"tok":0}}""", """{"output":{"tok":1}}""", """{"output":{"tok":2}}"""], plane.Of("job-stream").Select(static seen => seen.Body));
        var done = Assert.Single(plane.Of("job-done"));
        Assert.Equal("""{"output":[{"tok":0},{"tok":1},{"tok":2}]}""", done.Body);
        Assert.EndsWith("isStream=true", done.Target, StringComparison.Ordinal);
        await Processes.GoneAsync(Starts()[0]);
    }

    [Fact]
    public async Task Worker_ThatIsKilled_LeavesNothingBehind()
    {
        await using var plane = await FakeJobPlane.StartAsync();
        using var worker = Start(plane, FreePort(), command: """sh -c 'sleep 1000 & echo $! >"$1/helper"; exec dotnet "$0" {port} "$1"' """);
        await plane.FirstAsync("job-take");
        var helper = (await File.ReadAllTextAsync(Path.Combine(_folder, "helper"))).Trim();

        await worker.KillAsync();

        await Processes.GoneAsync(Starts()[0]);
        await Processes.GoneAsync(helper);
    }

    [Fact]
    public async Task Server_SeesNothingOfTheWorkers_ButWhatItIsPassed()
    {
        await using var plane = await FakeJobPlane.StartAsync();
        using var worker = Start(plane, FreePort(), environment =>
        {
            environment["ROUSE_PROCESS_ENV"] = """{"GIVEN":"at {port}","GIVEN_TOKEN":"given-secret-1"}""";
            environment["ROUSE_PROCESS_PASS"] = "WANTED_KEY";
            environment["WANTED_KEY"] = "wanted-secret-1";
            environment["UNWANTED_KEY"] = "unwanted-secret-1";
            environment["ROUSE_OWNER"] = "an-installation";
        });
        await plane.FirstAsync("job-take");

        var seen = Encoding.UTF8.GetString(await File.ReadAllBytesAsync($"/proc/{Starts()[0]}/environ")).Split('\0');

        Assert.DoesNotContain(seen, static variable => variable.StartsWith("ROUSE_", StringComparison.Ordinal) || variable.StartsWith("RUNPOD_", StringComparison.Ordinal));
        Assert.DoesNotContain(seen, static variable => variable.Contains("unwanted", StringComparison.Ordinal) || variable.Contains(WorkerFixture.Key, StringComparison.Ordinal));
        Assert.Contains("WANTED_KEY=wanted-secret-1", seen);
        var port = seen.Single(static variable => variable.StartsWith("PORT=", StringComparison.Ordinal))[5..];
        Assert.Contains($"GIVEN=at {port}", seen);
        await Deadline.UntilAsync(() => worker.Output.Contains($"[server] listening on {port}, told {port}", StringComparison.Ordinal));
        worker.Terminate();
        Assert.Equal(0, await worker.EndAsync());
        Assert.DoesNotContain("secret-1", worker.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Server_ThatIsNotInTheImage_IsReportedAsFailed_WithWhatToDo()
    {
        await using var plane = await FakeJobPlane.StartAsync();
        using var worker = Start(plane, FreePort(), command: "rouse-no-such-server");

        var failed = await plane.FirstAsync("reports", seen => seen.Body.Contains("\"phase\":\"failed\"", StringComparison.Ordinal));

        Assert.Equal(3, await worker.EndAsync());
        Assert.Contains("\"failure_code\":\"engine_failed\"", failed.Body, StringComparison.Ordinal);
        Assert.Contains("rouse-no-such-server, which is to start server, is in no folder of PATH", failed.Body, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private WorkerProcess Start(FakeJobPlane plane, int port, Action<Dictionary<string, string>>? change = null, string? command = null)
    {
        var environment = WorkerFixture.Variables(plane.Url);
        environment.Remove("ROUSE_MODEL_PATH");
        environment["ROUSE_ENGINE"] = "process";
        var words = EngineFixture.Command(_folder);
        environment["ROUSE_PROCESS_COMMAND"] = command is null ? JsonSerializer.Serialize(words) : $"{command.TrimEnd()} {words[1]} {_folder}";
        environment["ROUSE_PROCESS_PORT"] = port.ToString(CultureInfo.InvariantCulture);
        change?.Invoke(environment);
        return new WorkerProcess(environment);
    }

    private string[] Starts() => File.Exists(Path.Combine(_folder, "starts")) ? File.ReadAllLines(Path.Combine(_folder, "starts")) : [];

    private static async Task ReleaseAsync(HttpClient http)
    {
        using var answer = await http.PostAsync("/token", content: null);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
