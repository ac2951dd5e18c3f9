using Rouse.Cli.Tests.Fakes;

namespace Rouse.Cli.Tests;

public sealed class WaitAndRemoveTests
{
    private const string First = "dep_00000000000000000000000001";

    [Fact]
    public async Task Wait_ForReady_EndsWhenItIs()
    {
        await using var api = await FakeApi.StartAsync();
        var deployment = api.Deployments.Add(name: "turbo").Go("validating");
        using var cli = new Cli(api);

        var running = cli.RunAsync("wait", "turbo");
        await cli.Error.HearAsync("validating");
        deployment.Go("loading_model", "ready");
        var ended = await running;

        Assert.Equal((ExitCode.Ok, $"{First} is ready\n"), (ended.Exit, ended.Out));
    }

    [Theory]
    [InlineData("loading_model")]
    [InlineData("ready")]
    public async Task Wait_ForAPhaseThatWasReached_EndsAtOnce(string phase)
    {
        await using var api = await FakeApi.StartAsync();
        api.Deployments.Add().Go("validating", "ready");
        using var cli = new Cli(api);

        Assert.Equal(new Ended(ExitCode.Ok, First + "\n", ""), await cli.RunAsync("wait", First, "--for", phase, "-q"));
    }

    [Fact]
    public async Task Wait_AfterItsTimeout_EndsWith6()
    {
        await using var api = await FakeApi.StartAsync();
        api.Deployments.Add();
        using var cli = new Cli(api);

        var ended = await cli.RunAsync("wait", "dep_0", "--timeout", "300ms");

        Assert.Equal(ExitCode.Timeout, ended.Exit);
        Assert.Contains($"after 0.3 s {First} is not ready yet; it goes on [TIMEOUT]", ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wait_ForReadyOfWhatFailed_EndsWith1()
    {
        await using var api = await FakeApi.StartAsync();
        api.Deployments.Add().Fail("Out of memory. Take a larger GPU.");
        using var cli = new Cli(api);

        var ended = await cli.RunAsync("wait", First);

        Assert.Equal(ExitCode.Failed, ended.Exit);
        Assert.Contains("Out of memory. Take a larger GPU. [engine_failed]", ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wait_ForDeletedOfWhatIsReady_LooksAgainAfterTheStreamHasEnded()
    {
        await using var api = await FakeApi.StartAsync();
        var deployment = api.Deployments.Add().Go("ready");
        using var cli = new Cli(api);

        var running = cli.RunAsync("deployment", "wait", First, "--for", "deleted");
        await cli.Error.HearAsync("ready");
        deployment.Go("deleting", "deleted");

        Assert.Equal(ExitCode.Ok, (await running).Exit);
    }

    [Fact]
    public async Task Rm_WaitsForTheReleaseAndSaysSo()
    {
        await using var api = await FakeApi.StartAsync();
        var deployment = api.Deployments.Add(name: "turbo").Go("ready");
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        api.Deployments.OnDelete = d =>
        {
            d.Go("deleting");
            asked.SetResult();
        };
        using var cli = new Cli(api);

        var running = cli.RunAsync("rm", "turbo");
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.False(running.IsCompleted);
        deployment.Go("deleted").Release();

        Assert.Equal(new Ended(ExitCode.Ok, $"{First} removed; its resources are released\n", ""), await running);
    }

    [Fact]
    public async Task Rm_Twice_IsNoError()
    {
        await using var api = await FakeApi.StartAsync();
        api.Deployments.Add(name: "turbo").Go("ready");
        using var cli = new Cli(api);

        await cli.RunAsync("rm", "turbo");
        var ended = await cli.RunAsync("deployment", "delete", "turbo");

        Assert.Equal(ExitCode.Ok, ended.Exit);
        Assert.EndsWith($"{First} was removed already; nothing of it is left\n", ended.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rm_WithoutWaiting_ReturnsWhileSomethingStillRuns()
    {
        await using var api = await FakeApi.StartAsync();
        api.Deployments.Add().Go("ready");
        api.Deployments.OnDelete = d => d.Go("deleting");
        using var cli = new Cli(api);

        Assert.Equal(new Ended(ExitCode.Ok, $"{First} is being removed\n", ""), await cli.RunAsync("rm", First, "--no-wait"));
    }

    [Fact]
    public async Task Rm_OfSeveral_RemovesTheOthersWhenOneIsUnknown()
    {
        await using var api = await FakeApi.StartAsync();
        var deployment = api.Deployments.Add().Go("ready");
        using var cli = new Cli(api);

        var ended = await cli.RunAsync("rm", "unknown", First);

        Assert.Equal(ExitCode.NotFound, ended.Exit);
        Assert.Equal("deleted", deployment.Status);
    }

    [Fact]
    public async Task Rm_AfterItsTimeout_EndsWith6()
    {
        await using var api = await FakeApi.StartAsync();
        api.Deployments.Add();
        api.Deployments.OnDelete = d => d.Go("deleting");
        using var cli = new Cli(api);

        Assert.Equal(ExitCode.Timeout, (await cli.RunAsync("rm", First, "--timeout", "300ms")).Exit);
    }
}
