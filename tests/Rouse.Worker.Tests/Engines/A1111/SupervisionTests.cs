using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Rouse.Contracts.Secrecy;
using Rouse.TestKit.WebUi;
using Rouse.Worker.Engines;
using Rouse.Worker.Engines.A1111;
using Rouse.Worker.Lifetime;
using Rouse.Worker.Reports;
using Rouse.Worker.Supervision;
using Rouse.Worker.Tests.Support;

namespace Rouse.Worker.Tests.Engines.A1111;

/// <summary>A WebUI that the worker has started, as a process.</summary>
public sealed partial class SupervisionTests
{
    [Fact]
    public async Task WebUiOfTheWorkers_KilledInTheMidst_IsStartedAgain_DrawsTheJob_AndEndsWithTheEngine()
    {
        var settings = Settings(Listeners.FreePort(), ["dotnet", s_standIn, "webui", "{port}", "10"]);
        A1111Engine? engine = null;
        await using var worker = await WorkerFixture.StartAsync(log => engine = new A1111Engine(settings, "org/name", s_noFiles, log, new Clock(TimeProvider.System, static () => 0)), environment: Bridge.WithoutModel);
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

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task StrangerOnItsPort_IsNeverTakenForTheWebUi(bool comesLater)
    {
        await using var stranger = comesLater ? await FakeWebUi.DownAsync() : await FakeWebUi.StartAsync();
        using var output = new StringWriter();
        // Its own is never up: it still loads when the other has the port.
        await using var engine = new A1111Engine(
            Settings(stranger.Port, ["sh", "-c", "echo begun; exec sleep 1000"]) with { StartTimeout = TimeSpan.FromHours(1) }, "org/name", s_noFiles,
            new WorkerLog(TextWriter.Synchronized(output), TimeProvider.System, SecretMask.Shapes), new Clock(TimeProvider.System, static () => 0));

        using var leaving = new CancellationTokenSource();
        var loaded = engine.LoadAsync(null, static _ => { }, leaving.Token).AsTask();
        if (comesLater)
        {
            await Deadline.UntilAsync(() => output.ToString().Contains("begun", StringComparison.Ordinal));
            await stranger.RiseAsync();
        }

        var words = $"another program (process {Environment.ProcessId}) listens at 127.0.0.1:{stranger.Port}";
        await Deadline.UntilAsync(() => output.ToString().Contains(words, StringComparison.Ordinal));
        Assert.False(loaded.IsCompleted);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => loaded.InTimeAsync());
    }

    [Fact]
    public async Task AtAFreePort_TheCommandMayAskSomebodyElse_ForTheWebUi()
    {
        using var output = new StringWriter();
        var settings = A1111Settings.Read(new Configuration.Variables(static name => name == "ROUSE_WEBUI_COMMAND" ? "sh -c 'echo asks for port {port}.; exec sleep 1000'" : null))!;
        await using var engine = Engine(settings, TextWriter.Synchronized(output));
        var loaded = engine.LoadAsync(null, static _ => { }, CancellationToken.None).AsTask();
        await Deadline.UntilAsync(() => AskedPort().IsMatch(output.ToString()));
        await using var container = await FakeWebUi.StartAsync(int.Parse(AskedPort().Match(output.ToString()).Groups["port"].Value, CultureInfo.InvariantCulture));

        await loaded.InTimeAsync();
        await InfoAsync(engine);
        Assert.Single(container.Of("POST", "txt2img"));
    }

    [GeneratedRegex(@"asks for port (?<port>\d+)\.", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex AskedPort();

    [Fact]
    public async Task TwoWorkers_WhoseCommandAsksForAPort_HaveAWebUiEach()
    {
        var variables = new Configuration.Variables(name => name == "ROUSE_WEBUI_COMMAND" ? $"dotnet {s_standIn} webui {{port}} 0" : null);
        var settings = A1111Settings.Read(variables)!;
        await using var first = Engine(settings);
        await using var second = Engine(settings);

        await Task.WhenAll(first.LoadAsync(null, static _ => { }, CancellationToken.None).AsTask(), second.LoadAsync(null, static _ => { }, CancellationToken.None).AsTask()).InTimeAsync();

        Assert.NotEqual(await InfoAsync(first), await InfoAsync(second));
    }

    private static readonly string s_standIn = Path.Combine(AppContext.BaseDirectory, "Rouse.ModelServer.dll");

    private static readonly ModelSource s_noFiles =
        new(static (wanted, _, _) => throw new InvalidOperationException(wanted.Name), static () => default, static _ => Task.CompletedTask, "/models/checkpoints");

    private static A1111Engine Engine(A1111Settings settings, TextWriter? output = null) =>
        new(settings, "org/name", s_noFiles, new WorkerLog(output ?? TextWriter.Null, TimeProvider.System, SecretMask.Shapes), new Clock(TimeProvider.System, static () => 0));

    /// <summary>What the WebUI that drew tells of itself.</summary>
    private static async Task<string?> InfoAsync(A1111Engine engine)
    {
        var result = await engine.RunAsync(new EngineJob("j", JsonElement.Parse(Bridge.Simple)), JobEvents.Unheard, CancellationToken.None).AsTask().InTimeAsync();
        return JsonElement.Parse(Assert.IsType<EngineResult.Completed>(result).Output.Span).GetProperty("info").GetString();
    }

    [GeneratedRegex(@"The WebUI is started as process (?<id>\d+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Started();

    private static List<int> Processes(WorkerFixture worker) =>
        [.. Started().Matches(worker.Output.ToString()).Select(static match => int.Parse(match.Groups["id"].Value, CultureInfo.InvariantCulture))];

    private static void Kill(int id)
    {
        using var process = Process.GetProcessById(id);
        process.Kill();
    }

    private static A1111Settings Settings(int port, string[] command) => Bridge.Settings($"http://127.0.0.1:{port}/sdapi/v1") with { Command = new ServerCommand("WebUI", command) };
}
