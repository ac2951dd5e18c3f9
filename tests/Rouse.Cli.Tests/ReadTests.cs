using Rouse.Cli.Tests.Fakes;
using Rouse.Contracts.Deployments;

namespace Rouse.Cli.Tests;

/// <summary>ls, get, logs, events: what they print is read by scripts.</summary>
public sealed class ReadTests
{
    private const string First = "dep_00000000000000000000000001";
    private const string Second = "dep_00000000000000000000000002";

    [Fact]
    public async Task Ls_ShowsLivingOnesNewestFirst()
    {
        await using var api = await FakeApi.StartAsync();
        api.Deployments.Add(name: "turbo").Go("ready");
        api.Deployments.Add(model: "org/other");
        api.Deployments.Add().Go("deleted");
        using var cli = new Cli(api);

        var ended = await cli.RunAsync("ls");

        Assert.Equal(ExitCode.Ok, ended.Exit);
        var rows = Lines(ended.Out).Select(row => Words(row)[..5]).ToList();
        Assert.Equal(["ID", "NAME", "STATUS", "MODEL", "GPU"], rows[0]);
        Assert.Equal([Second, "-", "accepted_cold", "org/other", "-"], rows[1]);
        Assert.Equal([First, "turbo", "ready", "org/model", "-"], rows[2]);
        Assert.Equal(3, rows.Count);
    }

    [Theory]
    [InlineData(new[] { "-q" }, new[] { First })]
    [InlineData(new[] { "-q", "--all" }, new[] { Second, First })]
    [InlineData(new[] { "-q", "--status", "deleted" }, new[] { Second })]
    public async Task Ls_Quiet_PrintsIds(string[] options, string[] ids)
    {
        await using var api = await FakeApi.StartAsync();
        api.Deployments.Add();
        api.Deployments.Add().Go("deleted");
        using var cli = new Cli(api);

        var ended = await cli.RunAsync(["deployment", "list", .. options]);

        Assert.Equal(ids, Lines(ended.Out));
    }

    [Fact]
    public async Task GetAndLs_AsJson_HaveTheShapeThatIsPromised()
    {
        await using var api = await FakeApi.StartAsync();
        api.Deployments.Add(name: "turbo").Go("validating").Log("hello").Go("ready");
        using var cli = new Cli(api);

        await cli.RunAsync("get", "turbo", "-o", "json");
        await cli.RunAsync("ls", "-o", "json");

        Golden.Assert("get-and-ls.json", cli.Out.ToString().Replace(api.Address.ToString(), "http://server/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Get_ShowsPhasesWithTheirSeconds()
    {
        await using var api = await FakeApi.StartAsync();
        api.Deployments.Add(name: "turbo").Go("validating", "ready");
        using var cli = new Cli(api);

        await cli.RunAsync("get", "turbo");

        Golden.Assert("get.txt", cli.Out.ToString().Replace(api.Address.ToString(), "http://server/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Get_ShowsWhatTheWorkersStartTook()
    {
        await using var api = await FakeApi.StartAsync();
        api.Deployments.Add(name: "turbo").Go("loading_model", "warming", "ready").Took(new ColdStartView(12.25, 2.5, null, 14.75, "hub", 4096));
        using var cli = new Cli(api);

        var ended = await cli.RunAsync("get", "turbo");

        Assert.Matches(@"cold start +14\.8 s \(downloading model 12\.3 s, loading model 2\.5 s\), weights from hub\n", ended.Out);
        Assert.Matches(@"\nwarming +0\.5 s", ended.Out);
    }

    [Fact]
    public async Task Get_ShowsWhatItWaitsForAndWhatItCosts()
    {
        await using var api = await FakeApi.StartAsync();
        api.Deployments.Add(name: "turbo").Go("validating", "creating_endpoint").Buy("ADA_24", 1.116m, "Runpod has no free GPU for its workers now; they wait for one.");
        using var cli = new Cli(api);

        await cli.RunAsync("get", "turbo");

        Golden.Assert("get-waiting.txt", cli.Out.ToString());
    }

    [Fact]
    public async Task Cost_ShowsEveryDollarUnderWhatItWasSpentOn()
    {
        await using var api = await FakeApi.StartAsync();
        api.Deployments.Add(name: "turbo");
        using var cli = new Cli(api);

        var ended = await cli.RunAsync("cost", "turbo");

        Golden.Assert("cost.txt", ended.Out);
        Assert.Contains("Now 1.1171 $ per hour, 0.0011 $ of it for storage.\n4 s were not observed and are not counted.\n", ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cost_AsJsonIsWhole_AndQuietIsTheSum()
    {
        await using var api = await FakeApi.StartAsync();
        api.Deployments.Add(name: "turbo");
        using var json = new Cli(api);
        Golden.Assert("cost.json", (await json.RunAsync("cost", "turbo", "-o", "json")).Out);
        using var quiet = new Cli(api);
        Assert.Equal("0.5591\n", (await quiet.RunAsync("cost", "turbo", "-q")).Out);
    }

    [Theory]
    [InlineData("turbo", 0)]
    [InlineData("dep_00000000000000000000000001", 0)]
    [InlineData("dep_", 2)]
    [InlineData("0000000000000000000000000", 2)]
    [InlineData("unknown", 4)]
    [InlineData("dep_99999999999999999999999999", 4)]
    public async Task Get_FindsByIdNameOrUniquePrefix(string typed, int exit)
    {
        await using var api = await FakeApi.StartAsync();
        api.Deployments.Add(name: "turbo");
        api.Deployments.Add(name: "other");
        using var cli = new Cli(api);
        Assert.Equal((ExitCode)exit, (await cli.RunAsync("get", typed)).Exit);
    }

    [Fact]
    public async Task Logs_PrintsTheLastLines()
    {
        await using var api = await FakeApi.StartAsync();
        api.Deployments.Add().Log("one").Log("two").Log("three");
        using var cli = new Cli(api);

        var ended = await cli.RunAsync("logs", First, "--tail", "2");

        Assert.Equal("03:04:05.000 INFO  two\n03:04:05.000 INFO  three\n", ended.Out);
    }

    [Fact]
    public async Task Logs_Following_GoesOnAcrossCutsUntilTheServerIsDone()
    {
        await using var api = await FakeApi.StartAsync();
        api.Deployments.CutStreams = 2;
        var deployment = api.Deployments.Add().Log("one").Log("two").Log("three");
        using var cli = new Cli(api);

        var running = cli.RunAsync("logs", First, "-f");
        await cli.Out.HearAsync("three");
        deployment.Log("four").Go("deleted");
        var ended = await running;

        Assert.Equal(ExitCode.Ok, ended.Exit);
        Assert.Equal(["one", "two", "three", "four"], Lines(ended.Out).Select(line => Words(line)[^1]));
    }

    [Fact]
    public async Task Events_PrintsWhatHappenedSoFarAndEnds()
    {
        await using var api = await FakeApi.StartAsync();
        api.Deployments.Add().Go("validating").Log("hello");
        using var cli = new Cli(api);

        var ended = await cli.RunAsync("events", First);

        Assert.Equal(ExitCode.Ok, ended.Exit);
        Assert.Equal(["1 status", "2 status", "3 log"], Lines(ended.Out).Select(line => string.Join(' ', Words(line)[..2])));
    }

    [Fact]
    public async Task Events_FollowingAsJson_PrintsOneObjectInALineUntilReady()
    {
        await using var api = await FakeApi.StartAsync();
        var deployment = api.Deployments.Add();
        using var cli = new Cli(api);

        var running = cli.RunAsync("events", First, "-f", "-o", "json");
        await cli.Out.HearAsync("accepted_cold");
        deployment.Go("ready");

        Golden.Assert("events.json", (await running).Out);
    }

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static string[] Words(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
