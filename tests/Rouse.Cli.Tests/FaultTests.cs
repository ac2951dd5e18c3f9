using System.Text.Json;
using Rouse.Cli.Tests.Fakes;

namespace Rouse.Cli.Tests;

/// <summary>What goes wrong between the program and the server, and how it is told.</summary>
public sealed class FaultTests
{
    [Fact]
    public async Task WithoutAServer_ACommandEndsWith3AndSaysHowToStartOne()
    {
        using var cli = new Cli().With("ROUSE_SERVER", "http://127.0.0.1:1");
        var ended = await cli.RunAsync("ls");
        Assert.Equal(ExitCode.Unreachable, ended.Exit);
        Assert.StartsWith("error: cannot reach the server at http://127.0.0.1:1/: ", ended.Error, StringComparison.Ordinal);
        Assert.Contains(" next: start one with `rouse serve`", ended.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(400, 5)]
    [InlineData(401, 5)]
    [InlineData(404, 4)]
    [InlineData(500, 7)]
    public async Task AnAnswerThatIsNoSuccess_EndsWithItsCode(int status, int exit)
    {
        await using var api = await FakeApi.StartAsync();
        api.RefuseNext("GET", status);
        using var cli = new Cli(api);
        var ended = await cli.RunAsync("ls");
        Assert.Equal((ExitCode)exit, ended.Exit);
        Assert.Contains("error: the test refuses this [REFUSED_BY_TEST]", ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ARefusedDeployment_ShowsTheServersWords()
    {
        await using var api = await FakeApi.StartAsync();
        using var cli = new Cli(api);
        var ended = await cli.RunAsync("up", "org/model", "--region", "mars");
        Assert.Equal(ExitCode.Refused, ended.Exit);
        Assert.Contains("error: region: leave it out. [INVALID_DEPLOYMENT_REQUEST]", ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AGet_IsRepeatedWhileTheServerIsBusy()
    {
        await using var api = await FakeApi.StartAsync();
        api.RefuseNext("GET", 503, 429, 502);
        using var cli = new Cli(api);
        Assert.Equal(ExitCode.Ok, (await cli.RunAsync("ls")).Exit);
        Assert.Equal(4, api.Asked.Count);
    }

    [Fact]
    public async Task AnErrorAsJson_IsOneObjectOnStderr()
    {
        await using var api = await FakeApi.StartAsync();
        using var cli = new Cli(api);

        var ended = await cli.RunAsync("get", "unknown", "-o", "json");

        Assert.Empty(ended.Out);
        using var error = JsonDocument.Parse(ended.Error);
        var told = error.RootElement.GetProperty("error");
        Assert.Equal("DEPLOYMENT_NOT_FOUND", told.GetProperty("code").GetString());
        Assert.Equal(4, told.GetProperty("exit_code").GetInt32());
        Assert.Equal(["code", "message", "next", "exit_code"], told.EnumerateObject().Select(m => m.Name));
    }

    [Fact]
    public async Task TheKey_ComesFromTheEnvironmentAndIsNeverShown()
    {
        await using var api = await FakeApi.StartAsync();
        using var cli = new Cli(api).With("ROUSE_API_KEY", "a-key-of-the-test");

        var ended = await cli.RunAsync("ls", "--verbose");

        Assert.All(api.Asked, asked => Assert.Equal("Bearer a-key-of-the-test", asked.Headers["Authorization"]));
        Assert.Contains("> GET ", ended.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("a-key-of-the-test", ended.Out + ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Doctor_TellsAServerThatIsNotThereAndEndsWith1()
    {
        using var cli = new Cli().With("ROUSE_SERVER", "http://127.0.0.1:1").With("PATH", "/usr/bin");
        var ended = await cli.RunAsync("doctor");
        Assert.Equal(ExitCode.Failed, ended.Exit);
        Assert.True(ended.Error.Length == 0, ended.Error);
        Assert.Contains("✗ server", ended.Out, StringComparison.Ordinal);
        Assert.Contains("✓ /proc", ended.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Doctor_OfAServerWithoutChecksOfItsOwn_PassesOverThem()
    {
        await using var api = await FakeApi.StartAsync();
        using var cli = new Cli(api);
        var ended = await cli.RunAsync("doctor", "-o", "json");
        using var report = JsonDocument.Parse(ended.Out);
        var names = report.RootElement.GetProperty("checks").EnumerateArray().Select(c => c.GetProperty("name").GetString()).ToList();
        Assert.Equal(["server", "readiness", "deployments"], names.TakeLast(3));
    }
}
