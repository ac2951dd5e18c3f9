using System.Text.Json;
using System.Text.RegularExpressions;
using Rouse.Cli.Tests.Fakes;

namespace Rouse.Cli.Tests;

/// <summary><c>smoke</c> and <c>e2e</c> against the real server with a Runpod of this machine: what they measure, and that they always remove what they made.</summary>
public sealed partial class TrialTests : IDisposable
{
    private readonly Cli _cli = new();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task SmokeAndE2e_MeasureTheWholeWay_AndLeaveNothing()
    {
        using var server = await ServeAsync();
        Golden.Assert("smoke-alone.json", (await NextAsync(ExitCode.Ok, "smoke")).Text);

        var (smoke, told) = await NextAsync(ExitCode.Ok, "smoke", "rouse/tiny-diffusion", "--gpu-tier", "A10");
        Golden.Assert("smoke.json", WithoutFigures(smoke));
        Assert.True(told.GetProperty("ready_latency_sec").GetDouble() * 1000 > told.GetProperty("create_latency_ms").GetDouble());

        var (e2e, timed) = await NextAsync(ExitCode.Ok, "e2e", "rouse/tiny-diffusion", "--gpu-tier", "A10", "--no-reuse", "--out-dir", "out");
        Golden.Assert("e2e.json", WithoutFigures(e2e));
        var picture = new FileInfo(Path.Combine(_cli.Folder, "out", "rouse-e2e.png"));
        Assert.Equal(picture.Length, timed.GetProperty("picture_bytes").GetInt64());
        Assert.Equal(e2e, await File.ReadAllTextAsync(Path.Combine(_cli.Folder, "out", "rouse-e2e.json")));
        var phases = timed.GetProperty("phases").EnumerateArray().Sum(phase => phase.GetProperty("seconds").GetDouble());
        Assert.InRange(timed.GetProperty("t1_deploy_to_ready_sec").GetDouble(), phases - 1, phases + 60);
        Assert.True(timed.GetProperty("t2_inference_sec").GetDouble() * 1000 >= timed.GetProperty("execution_time_ms").GetInt64());

        var (_, none) = await NextAsync(ExitCode.Failed, "e2e", "org/none", "--gpu-tier", "A10");
        Assert.Equal(("failed", true), (none.GetProperty("final_status").GetString(), none.GetProperty("released").GetBoolean()));
        Assert.Contains("[model_not_found]", none.GetProperty("errors")[0].GetString(), StringComparison.Ordinal);
        var (_, late) = await NextAsync(ExitCode.Failed, "e2e", "rouse/tiny-diffusion", "--gpu-tier", "A10", "--no-reuse", "--timeout", "1s");
        Assert.True(late.GetProperty("released").GetBoolean());
        Assert.Contains("[TIMEOUT]", late.GetProperty("errors")[0].GetString(), StringComparison.Ordinal);
        await AssertNothingIsLeftAsync();
    }

    [Fact]
    public async Task E2e_Interrupted_RemovesWhatItMadeBeforeItEnds()
    {
        using var server = await ServeAsync();
        var running = _cli.RunAsync("e2e", "rouse/tiny-diffusion", "--gpu-tier", "A10");
        await _cli.Error.HearAsync("validating");

        _cli.CtrlC();

        var ended = await running;
        Assert.Equal(ExitCode.Interrupted, ended.Exit);
        var told = JsonDocument.Parse(ended.Out).RootElement;
        Assert.Equal((true, "interrupted"), (told.GetProperty("released").GetBoolean(), told.GetProperty("errors")[0].GetString()));
        using var other = new Cli().With("ROUSE_SERVER", server.Out.ToString().Trim());
        Assert.Empty((await other.RunAsync("ls", "-q")).Out);
    }

    [Fact]
    public async Task Smoke_WhoseCreationHadNoAnswer_AsksAgainWithItsKey_AndRemovesWhatIsThere()
    {
        await using var api = await FakeApi.StartAsync();
        using var cli = new Cli(api);
        api.RefuseNext("POST", [.. Enumerable.Repeat(503, Api.Backoff.MaxTries)]);

        var ended = await cli.RunAsync("smoke", "org/name");

        Assert.Equal(ExitCode.Failed, ended.Exit);
        var posts = api.Asked.Where(asked => asked.Method == "POST").ToList();
        Assert.Equal(Api.Backoff.MaxTries + 1, posts.Count);
        Assert.Single(posts.Select(post => (post.Headers["Idempotency-Key"], post.Body)).Distinct());
        Assert.Contains(api.Asked, asked => asked.Method == "DELETE");
        Assert.Equal(204, JsonDocument.Parse(ended.Out).RootElement.GetProperty("delete_status_code").GetInt32());
    }

    [Fact]
    public async Task Smoke_OfAServerThatIsNotThere_SaysSoAndEndsWith1()
    {
        var ended = await _cli.With("ROUSE_SERVER", "http://127.0.0.1:1").RunAsync("smoke", "org/name");
        Assert.Equal(ExitCode.Failed, ended.Exit);
        var told = JsonDocument.Parse(ended.Out).RootElement;
        Assert.Equal((false, 3), (told.GetProperty("health_ok").GetBoolean(), told.GetProperty("errors").GetArrayLength()));
    }

    private async Task<ChildProgram> ServeAsync()
    {
        var server = ChildProgram.Start(_cli.Folder, "serve", "--port", "0", "--data", "data", "--quiet", "--fake-runpod");
        await server.Out.HearAsync("\n");
        _cli.With("ROUSE_SERVER", server.Out.ToString().Trim());
        return server;
    }

    private async Task<(string Text, JsonElement Json)> NextAsync(ExitCode exit, params string[] line)
    {
        var before = _cli.Out.ToString().Length;
        var ended = await _cli.RunAsync(line);
        Assert.True(ended.Exit == exit, ended.Out + ended.Error);
        var text = ended.Out[before..];
        return (text, JsonDocument.Parse(text).RootElement);
    }

    private async Task AssertNothingIsLeftAsync()
    {
        var before = _cli.Out.ToString().Length;
        Assert.Equal(ExitCode.Ok, (await _cli.RunAsync("ls", "-q")).Exit);
        Assert.Equal(ExitCode.Ok, (await _cli.RunAsync("cleanup", "--dry-run")).Exit);
        Assert.Equal("Nothing runs in your name that no deployment claims.\n", _cli.Out.ToString()[before..]);
    }

    /// <summary>The same on every run: figures are 0, ids and places are one, and of the phases, which a quick start may pass over, there is only the first.</summary>
    private string WithoutFigures(string json) => Figures().Replace(LaterPhases().Replace(json.Replace(_cli.Folder, "~", StringComparison.Ordinal), "\n    }\n  ]"), match => match.Groups["name"].Value + match.Groups["kind"].Value switch
    {
        "\"" => "\"…\"",
        _ => "0",
    });

    [GeneratedRegex("""\n    },\n    \{\n      "phase"[^\]]*\n  \]""", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex LaterPhases();

    [GeneratedRegex("""(?<name>"(?:\w+_(?:ms|sec|bytes|usd)|seconds|deployment_id|server)": )(?<kind>"|[0-9])[^,\n]*""", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Figures();
}
