using System.Text.Json;
using System.Text.Json.Nodes;
using Rouse.Cli.Tests.Fakes;

namespace Rouse.Cli.Tests;

public sealed class UpTests
{
    private const string First = "dep_00000000000000000000000001";
    private static readonly string[] s_start = ["validating", "creating_endpoint", "downloading_model", "loading_model", "ready"];

    [Fact]
    public async Task Up_WhenTheStartSucceeds_PrintsTheEndpointOnStdoutAndThePhasesOnStderr()
    {
        await using var api = await FakeApi.StartAsync();
        api.Deployments.OnCreate = d => d.Go("validating", "downloading_model").Progress(345, 640).Log("fetching unet").Go("loading_model", "ready");
        using var cli = new Cli(api);

        var ended = await cli.RunAsync("up", "org/model");

        Assert.Equal(ExitCode.Ok, ended.Exit);
        Assert.Equal($"  endpoint  {api.Address}v2/dep_00000000000000000000000001/run\n", ended.Out);
        Assert.Contains("[   0.5 s] validating                 accepted took 0.5 s\n", ended.Error, StringComparison.Ordinal);
        Assert.Contains("53 %  345 B of 640 B", ended.Error, StringComparison.Ordinal);
        Assert.Contains("INFO  fetching unet", ended.Error, StringComparison.Ordinal);
        Assert.Contains("[   2.0 s] ready                      loading model took 0.5 s\n", ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Up_SendsEngineAndTask_AsTheyWereWritten()
    {
        await using var api = await FakeApi.StartAsync();
        api.Deployments.OnCreate = d => d.Go(s_start);
        using var cli = new Cli(api);

        await cli.RunAsync("up", "org/model", "--engine", "diffusers", "--task", "text-to-video", "-q");

        using var sent = JsonDocument.Parse(Assert.Single(api.Asked, a => a.Method is "POST").Body);
        Assert.Equal(("diffusers", "text-to-video"), (sent.RootElement.GetProperty("engine").GetString(), sent.RootElement.GetProperty("task").GetString()));
    }

    [Fact]
    public async Task Up_Quiet_PrintsTheIdAndNothingElse()
    {
        await using var api = await FakeApi.StartAsync();
        api.Deployments.OnCreate = d => d.Go(s_start);
        using var cli = new Cli(api);

        var ended = await cli.RunAsync("up", "org/model", "--quiet");

        Assert.Equal(new Ended(ExitCode.Ok, "dep_00000000000000000000000001\n", ""), ended);
    }

    [Fact]
    public async Task Up_Detached_ReturnsBeforeTheStartHasEnded()
    {
        await using var api = await FakeApi.StartAsync();
        using var cli = new Cli(api);

        var ended = await cli.RunAsync("deployment", "create", "org/model", "--detach");

        Assert.Equal(ExitCode.Ok, ended.Exit);
        Assert.Equal("dep_00000000000000000000000001\n", ended.Out);
    }

    [Fact]
    public async Task Up_OfAnImage_SendsTheServiceAndItsVariables_AndShowsWhereItIsAsked()
    {
        await using var api = await FakeApi.StartAsync();
        api.Deployments.OnCreate = d => d.Go(s_start);
        using var cli = new Cli(api);
        string[] line = ["up", "--image", "ghcr.io/acme/My_TTS:1", "--args=--fast", "--env", "MODE=a=b", "--env", "TOKEN_HERE", "--port", "8188", "--concurrency", "4", "--wake-timeout", "2m", "--fallback", "gpu", "-q"];

        await cli.RunAsync(line);
        Assert.Contains("the variable TOKEN_HERE is not set", cli.Error.ToString(), StringComparison.Ordinal);
        await cli.With("TOKEN_HERE", "secret").With("ROUSE_RUNPOD_KEY", "rpa_key").RunAsync(line);

        using var sent = JsonDocument.Parse(Assert.Single(api.Asked, a => a.Method is "POST").Body);
        Assert.Equal("my-tts", sent.RootElement.GetProperty("name").GetString());
        Assert.Equal("rpa_key", sent.RootElement.GetProperty("user_runpod_key").GetString());
        Assert.Equal(
            """{"image":"ghcr.io/acme/My_TTS:1","args":"--fast","env":{"MODE":"a=b","TOKEN_HERE":"secret"},"port":8188,"concurrency":4,"wake_timeout_seconds":120,"fallback":"gpu"}""",
            JsonNode.Parse(sent.RootElement.GetProperty("service").GetRawText())!.ToJsonString());
    }

    [Theory]
    [InlineData("nothing is named", "up", "-q")]
    [InlineData("a model and a service are named", "up", "org/name", "--pod", "abc")]
    public async Task Up_NeedsExactlyOneThingToDeploy(string said, params string[] line)
    {
        await using var api = await FakeApi.StartAsync();
        using var cli = new Cli(api);

        Assert.Equal(ExitCode.Usage, (await cli.RunAsync(line)).Exit);

        Assert.Contains(said, cli.Error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--pod", "abc", "pod_id", "pod-abc", true)]
    [InlineData("--url", "https://tts.example.test/v1", "upstream", "tts-example-test", false)]
    public async Task Up_OfWhatRunsAlready_NamesIt_AndTakesAKeyOnlyForRunpods(string option, string value, string member, string name, bool isRunpods)
    {
        await using var api = await FakeApi.StartAsync();
        using var cli = new Cli(api);

        await cli.With("ROUSE_RUNPOD_KEY", "rpa_key").RunAsync("up", option, value, "-d", "-q");

        using var sent = JsonDocument.Parse(Assert.Single(api.Asked, a => a.Method is "POST").Body);
        Assert.Equal(value, sent.RootElement.GetProperty("service").GetProperty(member).GetString());
        Assert.Equal((name, isRunpods), (sent.RootElement.GetProperty("name").GetString(), sent.RootElement.TryGetProperty("user_runpod_key", out _)));
    }

    [Fact]
    public async Task Up_OfAFolder_SendsItsAbsolutePathAndANameFromIt()
    {
        await using var api = await FakeApi.StartAsync();
        using var cli = new Cli(api);
        Directory.CreateDirectory(Path.Combine(cli.Folder, "My_Model"));

        string[] line = ["up", "./My_Model", "-d", "-q", "--min", "1", "--idle-timeout", "2m", "--hf-token-env", "TOKEN_HERE"];

        await cli.RunAsync(line);
        Assert.Contains("the variable TOKEN_HERE is not set", cli.Error.ToString(), StringComparison.Ordinal);
        await cli.With("TOKEN_HERE", "secret").RunAsync(line);

        using var sent = JsonDocument.Parse(Assert.Single(api.Asked, a => a.Method is "POST").Body);
        Assert.Equal(["model_path", "name", "hf_token", "workers"], sent.RootElement.EnumerateObject().Select(m => m.Name));
        Assert.Equal($"{cli.Folder}/My_Model", sent.RootElement.GetProperty("model_path").GetString());
        Assert.Equal("my-model", sent.RootElement.GetProperty("name").GetString());
        Assert.Equal("secret", sent.RootElement.GetProperty("hf_token").GetString());
        Assert.Equal(120, sent.RootElement.GetProperty("workers").GetProperty("idle_timeout_seconds").GetInt32());
    }

    [Fact]
    public async Task Up_OnAnAccountOfOnesOwn_SendsTheKeyFromAFileOrTheVariable_AndNeverShowsIt()
    {
        await using var api = await FakeApi.StartAsync();
        using var cli = new Cli(api);
        await File.WriteAllTextAsync(Path.Combine(cli.Folder, "key"), "rpa_from_file\n");
        string[] line = ["up", "org/name", "-d", "--provider", "runpod", "--gpu-tier", "A10", "--allow-gpu-fallback", "--no-reuse", "--drift", "adopt", "--start-timeout", "10m"];

        await cli.With("ROUSE_RUNPOD_KEY", "rpa_from_variable").RunAsync(line);
        await cli.RunAsync([.. line, "--runpod-key-file", "key", "--verbose"]);
        await cli.RunAsync("up", "org/name", "-d");

        var bodies = api.Asked.Where(a => a.Method is "POST").Select(a => JsonDocument.Parse(a.Body).RootElement).ToList();
        Assert.Equal(["rpa_from_variable", "rpa_from_file"], bodies[..2].Select(body => body.GetProperty("user_runpod_key").GetString()));
        Assert.False(bodies[2].TryGetProperty("user_runpod_key", out _));
        Assert.Equal(
            ("runpod", true, false, "adopt", 600),
            (Text(bodies[0], "provider"), bodies[0].GetProperty("allow_gpu_fallback").GetBoolean(), bodies[0].GetProperty("reuse").GetBoolean(), Text(bodies[0], "drift"),
                bodies[0].GetProperty("workers").GetProperty("start_timeout_seconds").GetInt32()));
        Assert.DoesNotContain("rpa_", cli.Out.ToString() + cli.Error, StringComparison.Ordinal);

        static string? Text(JsonElement body, string name) => body.GetProperty(name).GetString();
    }

    [Theory]
    [InlineData("missing", "cannot be read")]
    [InlineData("empty", "is empty")]
    [InlineData("long", "too long for a key")]
    public async Task Up_WithAKeyFileThatHoldsNone_AsksNothing(string file, string why)
    {
        await using var api = await FakeApi.StartAsync();
        using var cli = new Cli(api);
        await File.WriteAllTextAsync(Path.Combine(cli.Folder, "empty"), " \n");
        await File.WriteAllTextAsync(Path.Combine(cli.Folder, "long"), new string('k', 5000));

        var ended = await cli.RunAsync("up", "org/name", "--runpod-key-file", file);

        Assert.Equal(ExitCode.Usage, ended.Exit);
        Assert.Contains(why, ended.Error, StringComparison.Ordinal);
        Assert.Empty(api.Asked);
    }

    [Fact]
    public async Task Up_WhenTheServerIsBusy_RepeatsThePostWithTheSameKey()
    {
        await using var api = await FakeApi.StartAsync();
        api.RefuseNext("POST", 503, 409);
        using var cli = new Cli(api);

        var ended = await cli.RunAsync("up", "org/model", "-d", "-q");

        Assert.Equal(ExitCode.Ok, ended.Exit);
        var posts = api.Asked.Where(a => a.Method is "POST").ToList();
        Assert.Equal(3, posts.Count);
        Assert.Single(posts.Select(p => p.Headers["Idempotency-Key"]).Distinct(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Up_WithAKeyOfTheCaller_FollowsTheSameDeploymentTwice()
    {
        await using var api = await FakeApi.StartAsync();
        api.Deployments.OnCreate = d => d.Go(s_start);
        using var cli = new Cli(api);

        await cli.RunAsync("up", "org/model", "-q", "--idempotency-key", "once");
        var ended = await cli.RunAsync("up", "org/model", "-q", "--idempotency-key", "once");

        Assert.Equal("dep_00000000000000000000000001\ndep_00000000000000000000000001\n", ended.Out);
    }

    [Fact]
    public async Task Up_WhenTheStreamIsCut_ResumesAfterTheLastEventAndTellsEachOnce()
    {
        await using var api = await FakeApi.StartAsync();
        api.Deployments.CutStreams = 3;
        FakeDeployment? started = null;
        api.Deployments.OnCreate = d => started = d.Go("validating").Log("one").Log("two").Log("three").Log("four");
        using var cli = new Cli(api);

        var running = cli.RunAsync("up", "org/model");
        await cli.Error.HearAsync("four");
        started!.Go("loading_model", "ready");
        var ended = await running;

        Assert.Equal(ExitCode.Ok, ended.Exit);
        var streams = api.Asked.Where(a => a.Path.EndsWith("/stream", StringComparison.Ordinal));
        Assert.Equal(["-", "1", "3", "6"], streams.Select(a => a.Headers.GetValueOrDefault("Last-Event-ID", "-")));
        AssertEachToldOnce(ended.Error);
    }

    [Fact]
    public async Task Up_WhenConnectionsAreReset_TellsEachLogLineOnce()
    {
        await using var api = await FakeApi.StartAsync();
        api.Deployments.CutStreams = 4;
        api.Deployments.CutByReset = true;
        api.Deployments.OnCreate = d => d.Go("validating").Log("one").Log("two").Log("three").Log("four").Go("loading_model", "ready");
        using var cli = new Cli(api);

        var ended = await cli.RunAsync("up", "org/model");

        Assert.Equal(ExitCode.Ok, ended.Exit);
        AssertEachToldOnce(ended.Error);
    }

    [Fact]
    public async Task Up_WhenTheStartFails_SaysWhyWithTheLastLogsAndEndsWith1()
    {
        await using var api = await FakeApi.StartAsync();
        api.Deployments.OnCreate = d => d.Go("validating").Log("no unet here").Fail("The repository has no unet. Export it with Optimum.");
        using var cli = new Cli(api);

        var ended = await cli.RunAsync("up", "org/model");

        Assert.Equal(ExitCode.Failed, ended.Exit);
        Assert.Empty(ended.Out);
        Assert.Contains("INFO  no unet here", ended.Error, StringComparison.Ordinal);
        const string What = $"error: {First} failed: The repository has no unet. Export it with Optimum. [engine_failed]";
        Assert.Contains(What, ended.Error, StringComparison.Ordinal);
        Assert.Contains($" next: `rouse logs {First}` shows more", ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Up_AfterItsTimeout_EndsWith6AndSaysHowToGoOn()
    {
        await using var api = await FakeApi.StartAsync();
        using var cli = new Cli(api);

        var ended = await cli.RunAsync("up", "org/model", "--timeout", "300ms");

        Assert.Equal(ExitCode.Timeout, ended.Exit);
        Assert.Contains("`rouse wait dep_00000000000000000000000001` follows it", ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Up_OnCtrlC_SaysThatTheDeploymentGoesOnAndEndsWith130()
    {
        await using var api = await FakeApi.StartAsync();
        api.Deployments.OnCreate = d => d.Go("validating");
        using var cli = new Cli(api);

        var running = cli.RunAsync("up", "org/model");
        await cli.Error.HearAsync("validating");
        cli.CtrlC();
        var ended = await running;

        Assert.Equal(ExitCode.Interrupted, ended.Exit);
        Assert.Contains("dep_00000000000000000000000001 goes on without you.\n  follow  rouse wait dep_", ended.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(api.Asked, a => a.Method is "DELETE");
    }

    private static void AssertEachToldOnce(string text)
    {
        foreach (var word in (string[])["one", "two", "three", "four"])
            Assert.Single(text.Split('\n'), line => line.EndsWith("INFO  " + word, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("./absent", "there is no folder")]
    [InlineData("nonsense", "is no folder and no org/name")]
    public async Task Up_OfNothing_IsAUsageErrorAndAsksNoServer(string model, string words)
    {
        using var cli = new Cli();
        var ended = await cli.RunAsync("up", model);
        Assert.Equal(ExitCode.Usage, ended.Exit);
        Assert.Contains(words, ended.Error, StringComparison.Ordinal);
    }
}
